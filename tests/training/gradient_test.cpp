// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/gradient.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;

namespace {

/// The loss of a network in 60 digits, straight from the definition, and its gradient by the chain rule, layer after layer.
class InDigits {
 public:
  InDigits(const FiniteNetwork& network, Loss loss, double output_scale, const TrainingData& data) : network_(network), loss_(loss), output_scale_(output_scale), data_(data) {
    for (const Activation& phi : network.activations) {
      std::vector<Program>& of_layer = programs_.emplace_back();
      std::vector<double>& breaks = breaks_.emplace_back();
      for (const Piece& piece : phi.pieces()) {
        of_layer.emplace_back(std::vector<Expression>{piece.value, piece.derivative}, "x");
        if (piece.right) breaks.push_back(piece.right->at.approximately());
      }
    }
  }

  Digits value(const std::vector<Digits>& theta, std::vector<Digits>* gradient = nullptr) const {
    Digits sum = 0;
    if (gradient != nullptr) gradient->assign(theta.size(), Digits(0));
    for (std::size_t p = 0; p < data_.points; ++p) sum += of_point(theta, p, gradient);
    return sum;
  }

 private:
  const FiniteNetwork& network_;
  Loss loss_;
  double output_scale_;
  const TrainingData& data_;
  std::vector<std::vector<Program>> programs_;
  std::vector<std::vector<double>> breaks_;

  Digits of_point(const std::vector<Digits>& theta, std::size_t p, std::vector<Digits>* gradient) const {
    std::vector<std::vector<Digits>> h, x{{}}, slope;
    for (std::size_t i = 0; i < data_.dimension; ++i) x[0].push_back(Digits(data_.inputs[p * data_.dimension + i]));
    const std::size_t depth = network_.depth();
    std::vector<std::size_t> begin{0};
    for (std::size_t l = 0; l <= depth; ++l) {
      const DenseLayer& layer = network_.layers[l];
      begin.push_back(begin[l] + layer.outputs * (layer.inputs + 1));
      std::vector<Digits> z(layer.outputs);
      const bool residual = network_.residual && l > 0 && l < depth;
      for (std::size_t k = 0; k < layer.outputs; ++k) {
        z[k] = theta[begin[l] + layer.outputs * layer.inputs + k];
        for (std::size_t i = 0; i < layer.inputs; ++i) z[k] += theta[begin[l] + k * layer.inputs + i] * x[l][i];
        if (residual) z[k] = h[l - 1][k] + Digits(*network_.residual) * z[k];
      }
      h.push_back(z);
      if (l == depth) break;
      std::vector<Digits> value, derivative;
      for (const Digits& u : z) {
        const std::size_t piece = static_cast<std::size_t>(std::upper_bound(breaks_[l].begin(), breaks_[l].end(), static_cast<double>(u)) - breaks_[l].begin());
        Evaluator<Digits> evaluate(programs_[l][piece]);
        const auto out = evaluate(u);
        value.push_back(out[0]);
        derivative.push_back(out[1]);
      }
      x.push_back(value);
      slope.push_back(derivative);
    }
    std::vector<Digits> f = h.back(), delta(f.size());
    for (Digits& e : f) e /= Digits(output_scale_);
    const std::size_t o = f.size();
    const Digits loss = loss_of(loss_, f.data(), o, data_.labels.empty() ? 0 : data_.labels[p], data_.targets.empty() ? nullptr : data_.targets.data() + p * o, delta.data());
    if (gradient == nullptr) return loss;
    for (Digits& e : delta) e /= Digits(output_scale_);
    for (std::size_t l = depth + 1; l-- > 0;) {
      const DenseLayer& layer = network_.layers[l];
      const bool residual = network_.residual && l > 0 && l < depth;
      const Digits scale = residual ? Digits(*network_.residual) : Digits(1);
      std::vector<Digits> below(layer.inputs, Digits(0));
      for (std::size_t k = 0; k < layer.outputs; ++k) {
        (*gradient)[begin[l] + layer.outputs * layer.inputs + k] += scale * delta[k];
        for (std::size_t i = 0; i < layer.inputs; ++i) {
          (*gradient)[begin[l] + k * layer.inputs + i] += scale * delta[k] * x[l][i];
          below[i] += scale * theta[begin[l] + k * layer.inputs + i] * delta[k];
        }
      }
      if (l == 0) break;
      for (std::size_t i = 0; i < layer.inputs; ++i) {
        below[i] *= slope[l - 1][i];
        if (residual) below[i] += delta[i];
      }
      delta = below;
    }
    return loss;
  }
};

struct Case {
  FiniteNetwork network;
  TrainingData data;
};

Case make_case(const std::string& activation, int depth, Loss loss, bool residual, std::size_t points = 3) {
  Architecture architecture = make_architecture(depth, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 5)});
  if (residual) architecture.residual = Rational(1, 2);
  const std::size_t outputs = loss == Loss::cross_entropy ? 3 : loss == Loss::squared ? 2 : 1;
  FiniteNetwork network = NetworkEnsemble(architecture, {5}, 2, 4, 1).network(0);
  DenseLayer& readout = network.layers.back();
  readout = {outputs, 5, std::vector<double>(5 * outputs), std::vector<double>(outputs)};
  Stream(7, 1, 0).normals(readout.weights);
  Stream(7, 2, 0).normals(readout.biases);
  TrainingData data{points, 2, loss == Loss::cross_entropy ? 3U : 2U, loss == Loss::squared ? 2U : 0U, std::vector<double>(2 * points), {}, {}};
  Stream(7, 3, 0).normals(data.inputs);
  for (std::size_t p = 0; p < points; ++p) {
    if (loss != Loss::squared) data.labels.push_back(static_cast<int>(p % data.classes));
    if (loss == Loss::squared) data.targets.insert(data.targets.end(), {std::cos(static_cast<double>(p)), 0.5});
  }
  return {std::move(network), std::move(data)};
}

/// Differences of the 60-digit loss against its chain rule, and that against backpropagation in doubles.
void check(const std::string& activation, int depth, Loss loss, bool residual) {
  CAPTURE(activation, depth, static_cast<int>(loss), residual);
  const Case c = make_case(activation, depth, loss, residual);
  const double output_scale = 1.75;
  const DigitsPrecision precision(60);
  const InDigits slow(c.network, loss, output_scale, c.data);
  const std::vector<double> parameters = parameters_of(c.network);
  std::vector<Digits> theta(parameters.begin(), parameters.end()), exact;
  const Digits value = slow.value(theta, &exact);

  std::vector<double> gradient(parameters.size());
  Backpropagation fast(c.network, loss, Reduction::sum, output_scale, c.data);
  const LossValue found = fast.at(parameters, gradient.data());
  double largest = 0, worst = 0;
  for (std::size_t k = 0; k < gradient.size(); ++k) {
    largest = std::max(largest, std::abs(gradient[k]));
    worst = std::max(worst, std::abs(gradient[k] - static_cast<double>(exact[k])));
  }
  CHECK(std::abs(found.loss - static_cast<double>(value)) < 1e-13 * (1 + std::abs(found.loss)));
  CHECK(worst < 1e-12 * (1 + largest));

  // Central differences of order 4 with h = 1e-8: errors h^4 = 1e-32 and 1e-60 / h.
  const Digits h("1e-8");
  for (std::size_t k = 0; k < theta.size(); k += 1 + theta.size() / 7) {
    const auto at = [&](int steps) {
      std::vector<Digits> moved = theta;
      moved[k] += steps * h;
      return slow.value(moved);
    };
    const Digits difference = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
    CAPTURE(k, static_cast<double>(difference - exact[k]));
    CHECK(abs(difference - exact[k]) < Digits("1e-25") * (1 + abs(exact[k])));
  }
}

}  // namespace

TEST_CASE("gradients agree with differences to 25 digits, for every activation", "[training]") {
  for (const char* activation : {"tanh", "erf", "relu", "leaky_relu:1/10", "gelu", "silu", "sigmoid", "softplus", "sin", "cos", "exp(-x^2/2)", "x^3", "elu:1", "hardtanh", "abs", "x*tanh(softplus(x))"}) {
    check(activation, 1, Loss::squared, false);
  }
  for (const Loss loss : {Loss::squared, Loss::cross_entropy, Loss::logistic}) {
    for (const int depth : {1, 2, 3}) check("tanh", depth, loss, false);
    check("gelu", 3, loss, true);
    check("relu", 2, loss, true);
  }
}

TEST_CASE("losses keep their digits far out", "[training]") {
  double slope[3];
  const double far[3] = {800, 0, -800};
  CHECK(loss_of(Loss::cross_entropy, far, 3, 0, nullptr, slope) == 0);
  CHECK(loss_of(Loss::cross_entropy, far, 3, 2, nullptr, slope) == 1600);
  CHECK(slope[0] == 1);
  CHECK(slope[2] == -1);
  const double one = 40;
  CHECK(std::abs(loss_of(Loss::logistic, &one, 1, 1, nullptr, slope) - std::exp(-40.0)) < 1e-30);
  CHECK(loss_of(Loss::logistic, &one, 1, 0, nullptr, slope) == 40);
}

TEST_CASE("gradients have the same bits for any number of threads, and batches are parts of them", "[training]") {
  for (const auto& [width, points, dimension] : {std::tuple{250U, 400U, 2U}, std::tuple{70U, 1000U, 30U}}) {
    const Architecture architecture = make_architecture(2, {Activation::from_text("sigmoid")}, {1}, {Rational(1, 10)});
    FiniteNetwork network = NetworkEnsemble(architecture, {width}, dimension, 1, 1).network(0);
    TrainingData data{points, dimension, 2, 0, std::vector<double>(points * dimension), std::vector<int>(points), {}};
    Stream(1, 0, 9).normals(data.inputs);
    for (std::size_t p = 0; p < points; ++p) data.labels[p] = data.inputs[p * dimension] > 0 ? 1 : 0;
    const std::vector<double> theta = parameters_of(network);
    std::vector<double> one(theta.size()), four(theta.size()), sum(theta.size(), 0), part(theta.size());
    Backpropagation a(network, Loss::logistic, Reduction::sum, 1, data, 1), b(network, Loss::logistic, Reduction::sum, 1, data, 4);
    const LossValue value = a.at(theta, one.data());
    CHECK(b.at(theta, four.data()).loss == value.loss);
    CHECK(one == four);
    double loss = 0;
    std::size_t right = 0;
    for (std::uint32_t first = 0; first < points; first += 100) {
      std::vector<std::uint32_t> rows;
      for (std::uint32_t r = first; r < first + 100; ++r) rows.push_back(r);
      const LossValue of_part = b.at(theta, part.data(), rows);
      loss += of_part.loss;
      right += of_part.right;
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
    }
    CHECK(std::abs(loss - value.loss) < 1e-10 * value.loss);
    CHECK(right == value.right);
    double worst = 0;
    for (std::size_t k = 0; k < sum.size(); ++k) worst = std::max(worst, std::abs(sum[k] - one[k]));
    CHECK(worst < 1e-10);
  }
}

TEST_CASE("what cannot be trained is refused", "[training]") {
  Case c = make_case("tanh", 1, Loss::squared, false);
  CHECK_THROWS_AS(Backpropagation(c.network, Loss::cross_entropy, Reduction::mean, 1, c.data), UsageError);
  c.data.dimension = 3;
  CHECK_THROWS_AS(Backpropagation(c.network, Loss::squared, Reduction::mean, 1, c.data), UsageError);
  Case d = make_case("tanh", 1, Loss::squared, false);
  d.network.layers.pop_back();
  CHECK_THROWS_AS(Backpropagation(d.network, Loss::squared, Reduction::mean, 1, d.data), UsageError);
}
