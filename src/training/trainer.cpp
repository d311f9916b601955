// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "infwidth/io/binary_state.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

constexpr std::string_view magic = "infwidth training 1\n";
constexpr std::uint32_t part_of_batches = 0x62617463;  // "batc"

void check(const TrainingOptions& options) {
  const Optimiser& o = options.optimiser;
  const auto refuse = [](const std::string& what, double value, const char* cure) { throw UsageError(what + " = " + short_text(value) + "; " + cure); };
  if (!(o.rate > 0) || !std::isfinite(o.rate)) refuse("learning rate", o.rate, "it is a positive number");
  if (!(o.weight_decay >= 0) || !std::isfinite(o.weight_decay)) refuse("weight decay", o.weight_decay, "it is 0 or positive");
  if (!(o.momentum >= 0 && o.momentum < 1)) refuse("momentum", o.momentum, "it lies between 0 and 1");
  if (!(o.beta1 >= 0 && o.beta1 < 1)) refuse("beta1", o.beta1, "it lies between 0 and 1");
  if (!(o.beta2 >= 0 && o.beta2 < 1)) refuse("beta2", o.beta2, "it lies between 0 and 1");
  if (!(o.epsilon > 0)) refuse("epsilon", o.epsilon, "it is a small positive number");
  if (!(options.parameters.output_scale > 0) || !std::isfinite(options.parameters.output_scale)) refuse("output scale", options.parameters.output_scale, "it is a positive number");
}

/// Refuses what gradients cannot train.
void require_slope(const Activation& phi) {
  const bool flat = std::all_of(phi.pieces().begin(), phi.pieces().end(), [](const Piece& piece) { return piece.derivative.is_number(0); });
  const std::string jump = phi.jump() ? "its jump at x = " + short_text(phi.jump()->approximately()) : "";
  constexpr const char* cure = "; take one without jumps, like relu, tanh or sigmoid";
  if (flat) throw UsageError(phi.name() + " has no slope to learn by: it is constant" + (phi.jump() ? " but for " + jump : "") + ", and no weight below it would move" + cure);
  if (phi.jump()) throw UsageError(phi.name() + " cannot be trained by gradients: they do not see " + jump + cure);
}

/// What changes from step to step.
struct Learned {
  std::vector<double> parameters, velocity, squares;
  std::uint64_t epochs = 0, steps = 0;
};

}  // namespace

struct Trainer::State {
  FiniteNetwork shape;
  TrainingOptions options;
  Backpropagation gradient;
  Learned learned;
  std::vector<double> scales;
  bool network_is_current = false;
  std::vector<std::uint32_t> order;

  State(FiniteNetwork network, const Architecture& architecture, const TrainingData& data, const TrainingOptions& o)
      : shape(std::move(network)), options(o), gradient(shape, o.loss, o.reduction, o.parameters.output_scale, data, o.threads), learned{parameters_of(shape), {}, {}},
        scales(parameter_scales(shape, architecture, o.parameters.kind)) {
    check(options);
    const bool adam = options.optimiser.method == Method::adam;
    if (adam || options.optimiser.momentum > 0) learned.velocity.assign(learned.parameters.size(), 0);
    if (adam) learned.squares.assign(learned.parameters.size(), 0);
  }

  /// A permutation of the points: a function of seed and epoch.
  void shuffle() {
    std::vector<double> u(order.size());
    Stream(options.seed, learned.epochs, part_of_batches).uniforms(u);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[static_cast<std::size_t>(u[k - 1] * static_cast<double>(k))]);
  }

  double rate() const {
    const double gamma = options.parameters.output_scale;
    return options.schedule.rate(options.optimiser.rate, learned.epochs, options.epochs) * (options.optimiser.method == Method::adam ? gamma : gamma * gamma);
  }

  // In parameters W = s omega: dL/domega = s dL/dW. The velocity of gradient descent is kept as that of W.
  void descend(std::size_t first, std::size_t count, const double* __restrict g, double rate) {
    const double mu = options.optimiser.momentum, decay = options.optimiser.weight_decay;
    double* const __restrict w = learned.parameters.data() + first;
    const double* const __restrict s = scales.data() + first;
    if (learned.velocity.empty()) {
      for (std::size_t k = 0; k < count; ++k) w[k] -= rate * (s[k] * s[k] * g[k] + (s[k] > 0 ? decay : 0) * w[k]);
      return;
    }
    double* const __restrict v = learned.velocity.data() + first;
    for (std::size_t k = 0; k < count; ++k) {
      v[k] = mu * v[k] + (s[k] * s[k] * g[k] + (s[k] > 0 ? decay : 0) * w[k]);
      w[k] -= rate * v[k];
    }
  }

  void adam(std::size_t first, std::size_t count, const double* __restrict g, double rate) {
    const Optimiser& o = options.optimiser;
    const double t = static_cast<double>(learned.steps + 1), of_mean = 1 / (1 - std::pow(o.beta1, t)), of_squares = 1 / (1 - std::pow(o.beta2, t));
    double *const __restrict w = learned.parameters.data() + first, *const __restrict m = learned.velocity.data() + first, *const __restrict v = learned.squares.data() + first;
    const double* const __restrict s = scales.data() + first;
    const double b1 = o.beta1, b2 = o.beta2, decay = o.weight_decay, epsilon = o.epsilon;
    for (std::size_t k = 0; k < count; ++k) {
      const double of_omega = s[k] * g[k] + (s[k] > 0 ? decay * w[k] / s[k] : 0);
      m[k] = b1 * m[k] + (1 - b1) * of_omega;
      v[k] = b2 * v[k] + (1 - b2) * of_omega * of_omega;
      w[k] -= rate * s[k] * (m[k] * of_mean) / (std::sqrt(v[k] * of_squares) + epsilon);
    }
  }

  /// Nothing has changed if it throws.
  LossValue step(std::span<const std::uint32_t> rows, const Budget& budget) {
    const double by = rate();
    const bool adaptive = options.optimiser.method == Method::adam;
    const LossValue value = gradient.at(
        learned.parameters, rows, [&](std::size_t first, std::size_t count, const double* g) { adaptive ? adam(first, count, g, by) : descend(first, count, g, by); }, budget);
    if (!std::isfinite(value.loss)) {
      throw NotReached("the loss is no number at step " + std::to_string(learned.steps + 1) + " (epoch " + std::to_string(learned.epochs + 1) + ", learning rate " + short_text(by) +
                       "): the steps are too large; take a smaller learning rate, a warmup, or Adam");
    }
    ++learned.steps;
    return value;
  }
};

Trainer::Trainer(FiniteNetwork network, const Architecture& architecture, const TrainingData& data, const TrainingOptions& options) {
  for (const Activation& phi : network.activations) require_slope(phi);
  state_ = std::make_unique<State>(std::move(network), architecture, data, options);
  state_->order.resize(data.points);
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

EpochResult Trainer::epoch(const Budget& budget) {
  State& s = *state_;
  const std::size_t points = s.gradient.points(), batch = s.options.batch == 0 ? points : std::min<std::size_t>(s.options.batch, points);
  if (batch < points) s.shuffle();
  s.network_is_current = false;
  // What the end of the budget between two steps goes back to: an epoch is done or not.
  const Learned before = batch < points ? s.learned : Learned();
  double loss = 0;
  std::size_t right = 0;
  try {
    for (std::size_t first = 0; first < points; first += batch) {
      const std::size_t count = std::min(batch, points - first);
      const LossValue value = s.step(batch < points ? std::span<const std::uint32_t>(s.order).subspan(first, count) : std::span<const std::uint32_t>(), budget);
      const double share = s.options.reduction == Reduction::mean ? static_cast<double>(count) / static_cast<double>(points) : 1;
      loss += value.loss * share;
      right += value.right;
    }
  } catch (...) {
    if (batch < points && budget.is_over()) s.learned = before;
    throw;
  }
  ++s.learned.epochs;
  return {loss, static_cast<double>(right) / static_cast<double>(points)};
}

std::uint64_t Trainer::epochs_done() const { return state_->learned.epochs; }
std::uint64_t Trainer::steps_done() const { return state_->learned.steps; }

EpochResult Trainer::evaluate(const Budget& budget) {
  const LossValue value = state_->gradient.at(state_->learned.parameters, nullptr, {}, budget);
  return {value.loss, static_cast<double>(value.right) / static_cast<double>(state_->gradient.points())};
}

const FiniteNetwork& Trainer::network() {
  if (!state_->network_is_current) put_parameters(state_->shape, state_->learned.parameters);
  state_->network_is_current = true;
  return state_->shape;
}

double Trainer::output_scale() const { return state_->options.parameters.output_scale; }

std::string Trainer::state(const std::string& identity) const {
  const Learned& s = state_->learned;
  StateWriter w;
  w.bytes = magic;
  w.text(identity);
  w.number(s.epochs);
  w.number(s.steps);
  w.numbers(s.parameters);
  w.numbers(s.velocity);
  w.numbers(s.squares);
  return w.bytes;
}

void Trainer::restore(const std::string& bytes, const std::string& identity, const std::string& name) {
  State& s = *state_;
  if (!std::string_view(bytes).starts_with(magic)) StateReader("", name).refuse();
  StateReader r(bytes.substr(magic.size()), name);
  if (const std::string told = r.text(); told != identity) {
    throw UsageError(name + ": is a checkpoint of another question (" + shown(told) + "); ask that one, name another file, or leave --resume out");
  }
  Learned read;
  read.epochs = r.number();
  read.steps = r.number();
  read.parameters = r.numbers();
  read.velocity = r.numbers();
  read.squares = r.numbers();
  if (read.parameters.size() != s.learned.parameters.size() || read.velocity.size() != s.learned.velocity.size() || read.squares.size() != s.learned.squares.size()) r.refuse();
  s.learned = std::move(read);
  s.network_is_current = false;
}

}  // namespace infwidth
