// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/finite/activation_values.hpp"
#include "infwidth/activation/same_function.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/matrix_product.hpp"
#include "infwidth/run/parallel.hpp"
#include "tangent_frame.hpp"

namespace infwidth {

struct FiniteMap::State {
  std::vector<std::unique_ptr<const ActivationValues>> values;
  std::vector<std::size_t> of_layer;
};

FiniteMap::FiniteMap(const std::vector<Activation>& activations) {
  auto state = std::make_unique<State>();
  std::vector<const Activation*> known;
  for (const Activation& phi : activations) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const Activation* k) { return same_function(*k, phi); });
    state->of_layer.push_back(static_cast<std::size_t>(found - known.begin()));
    if (found != known.end()) continue;
    known.push_back(&phi);
    state->values.push_back(std::make_unique<const ActivationValues>(phi));
  }
  state_ = std::move(state);
}
FiniteMap::~FiniteMap() = default;
FiniteMap::FiniteMap(FiniteMap&&) noexcept = default;

struct FiniteMap::Worker::State {
  explicit State(const FiniteMap::State& map) : of_layer(map.of_layer) {
    for (const auto& v : map.values) {
      readers.emplace_back(*v);
      without_slope.push_back(&v->without_slope());
    }
  }
  std::vector<std::size_t> of_layer;
  std::vector<ActivationValues::Reader> readers;
  std::vector<const std::vector<double>*> without_slope;
  // Jets of a layer: a row a unit; P columns of values, then P of each first derivative, then P of each second one d_j d_k, j <= k.
  std::vector<double> jets, next, argument, value, slope, second;
  TangentFrame frame;

  ActivationValues::Reader& reader(std::size_t l) { return readers[of_layer[l]]; }

  /// Preactivations of layer l at a point without slope, for which a gradient makes that matter.
  void find_kinks(std::size_t l, std::size_t rows, std::size_t columns, std::size_t count, std::size_t dimension, std::vector<int>& kink) const {
    for (const double t : *without_slope[of_layer[l]]) {
      for (std::size_t r = 0; r < rows; ++r) {
        const double* const row = jets.data() + r * columns;
        for (std::size_t p = 0; p < count; ++p) {
          if (row[p] != t || kink[p] != 0) continue;
          for (std::size_t j = 0; j < dimension; ++j) {
            if (row[(1 + j) * count + p] != 0) kink[p] = static_cast<int>(l) + 1;
          }
        }
      }
    }
  }

  /// The values (columns 0 .. count - 1 of each row) through the activation: value, slope and, for order 2, second.
  void activate(std::size_t l, std::size_t rows, std::size_t columns, std::size_t count, int order) {
    const std::size_t all = rows * count;
    argument.resize(all);
    value.resize(all);
    slope.resize(all);
    second.resize(order > 1 ? all : 0);
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(jets.data() + r * columns, count, argument.data() + r * count);
    reader(l)(argument.data(), all, value.data(), order > 0 ? slope.data() : nullptr, order > 1 ? second.data() : nullptr);
  }
};

FiniteMap::Worker::Worker(const FiniteMap& map) : state_(std::make_unique<State>(*map.state_)) {}
FiniteMap::Worker::~Worker() = default;
FiniteMap::Worker::Worker(Worker&&) noexcept = default;

namespace {

/// jets of phi(h) from those of h, a row after the other.
void apply_activation(std::vector<double>& jets, std::size_t rows, std::size_t points, std::size_t dimension, int order, const double* value, const double* slope, const double* second) {
  const std::size_t seconds = order > 1 ? dimension * (dimension + 1) / 2 : 0, columns = points * (1 + (order > 0 ? dimension : 0) + seconds);
  for (std::size_t r = 0; r < rows; ++r) {
    double* const row = jets.data() + r * columns;
    const double *const s = slope + r * points, *const t = order > 1 ? second + r * points : nullptr;
    double* const first = row + points;
    if (order > 1) {
      double* at = first + dimension * points;
      for (std::size_t j = 0; j < dimension; ++j) {
        for (std::size_t k = j; k < dimension; ++k, at += points) {
          for (std::size_t p = 0; p < points; ++p) at[p] = s[p] * at[p] + t[p] * first[j * points + p] * first[k * points + p];
        }
      }
    }
    for (std::size_t j = 0; j < dimension && order > 0; ++j) {
      for (std::size_t p = 0; p < points; ++p) first[j * points + p] *= s[p];
    }
    std::copy_n(value + r * points, points, row);
  }
}

void check(const FiniteNetwork& network, MatrixView points, const FiniteRequest& r, std::size_t layers) {
  if (network.layers.empty() || network.activations.empty()) throw UsageError("network: no hidden layer; give one or more");
  if (points.columns != network.dimension()) {
    throw UsageError("points of dimension " + std::to_string(points.columns) + " for a network of dimension " + std::to_string(network.dimension()) + "; give points of that dimension");
  }
  if (!r.metric && !r.volume && !r.spectrum && !r.curvature && !r.riemann && !r.features) throw UsageError("finite geometry: nothing is asked for");
  if (layers > network.depth()) throw UsageError("finite geometry: layer " + std::to_string(layers) + " of a network of " + std::to_string(network.depth()));
}

}  // namespace

void FiniteMap::Worker::at(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, FiniteGeometry& result, std::size_t layers) {
  check(network, points, request, layers);
  State& s = *state_;
  const std::size_t depth = layers == 0 ? network.depth() : layers, d = points.columns, count = points.rows;
  const bool curved = request.curvature || request.riemann, symmetric = curved && depth == 1;
  const bool derivatives = request.metric || request.volume || request.spectrum || curved;
  const int order = !derivatives ? 0 : curved && !symmetric ? 2 : 1;
  const std::size_t seconds = order > 1 ? d * (d + 1) / 2 : 0, columns = count * (1 + (order > 0 ? d : 0) + seconds);

  const DenseLayer& first = network.layers[0];
  std::size_t n = first.outputs;
  s.jets.resize(n * columns);
  for (std::size_t r = 0; r < n; ++r) {
    double* const row = s.jets.data() + r * columns;
    const double* const w = first.weights.data() + r * d;
    for (std::size_t p = 0; p < count; ++p) {
      const double* const x = points.data + p * d;
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k) sum += w[k] * x[k];
      row[p] = sum + first.biases[r];
    }
    for (std::size_t j = 0; j < d && order > 0; ++j) std::fill_n(row + (1 + j) * count, count, w[j]);
    std::fill_n(row + count * (1 + d), seconds * count, 0.0);
  }
  result.kink.assign(derivatives ? count : 0, 0);
  for (std::size_t l = 0;; ++l) {
    if (derivatives) s.find_kinks(l, n, columns, count, d, result.kink);
    s.activate(l, n, columns, count, symmetric && l == 0 ? 2 : order);
    const bool last = l + 1 == depth;
    if (network.residual && !last) s.next = s.jets;
    apply_activation(s.jets, n, count, d, order, s.value.data(), s.slope.data(), s.second.data());
    if (last) break;
    const DenseLayer& layer = network.layers[l + 1];
    std::vector<double> before;
    if (network.residual) before.swap(s.next);
    s.next.resize(layer.outputs * columns);
    multiply({layer.weights.data(), layer.outputs, n}, {s.jets.data(), n, columns}, s.next.data());
    n = layer.outputs;
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t p = 0; p < count; ++p) s.next[r * columns + p] += layer.biases[r];
    }
    if (network.residual) {
      for (std::size_t i = 0; i < s.next.size(); ++i) s.next[i] = before[i] + *network.residual * s.next[i];
    }
    s.jets.swap(s.next);
  }

  result.points = count;
  result.dimension = d;
  result.width = n;
  result.features.resize(request.features ? count * n : 0);
  result.metric.resize(request.metric ? count * d * d : 0);
  result.log_volume.resize(request.volume ? count : 0);
  result.rank.resize(request.volume ? count : 0);
  result.spectrum.resize(request.spectrum ? count * d : 0);
  result.ricci.resize(request.curvature ? count : 0);
  result.riemann.resize(request.riemann ? count * d * d * d * d : 0);
  for (std::size_t p = 0; p < count; ++p) {
    if (request.features) {
      for (std::size_t r = 0; r < n; ++r) result.features[p * n + r] = s.jets[r * columns + p];
    }
    if (!derivatives) continue;
    s.frame.set_jacobian(n, d, [&](std::size_t r, std::size_t j) { return s.jets[r * columns + (1 + j) * count + p]; });
    if (request.metric) s.frame.metric(result.metric.data() + p * d * d);
    if (request.volume) {
      const TangentFrame::Volume v = s.frame.volume();
      result.log_volume[p] = v.log_volume;
      result.rank[p] = v.rank;
    }
    if (request.spectrum) s.frame.spectrum(result.spectrum.data() + p * d);
    if (!curved) continue;
    if (symmetric) {
      // d_i d_j phi(h_k) = phi'' w_i w_j: R_ijkl = T_ila T_jk^a - T_ika T_jl^a with T = sum phi' phi'' w w w / n.
      s.frame.set_symmetric(first.weights.data(), [&](std::size_t r) { return s.slope[r * count + p] * s.second[r * count + p]; });
    } else {
      s.frame.set_second(n, d, [&](std::size_t r, std::size_t k) { return s.jets[r * columns + (1 + d + k) * count + p]; });
    }
    if (request.curvature) result.ricci[p] = s.frame.ricci_scalar();
    if (request.riemann) s.frame.riemann(result.riemann.data() + p * d * d * d * d);
  }
}

std::vector<double> FiniteMap::Worker::tangent_kernel(const FiniteNetwork& network, const Architecture& architecture, MatrixView points) {
  check(network, points, {}, 0);
  if (!network.has_readout()) throw UsageError("tangent kernel: the network has no readout; draw it with one");
  State& s = *state_;
  const std::size_t depth = network.depth(), d = points.columns, count = points.rows;
  const bool standard = architecture.parameterization == Parameterization::standard;
  // Forward: what goes into each layer, and phi' of what comes out.
  std::vector<std::vector<double>> inputs(depth + 1), slopes(depth);
  inputs[0].assign(points.data, points.data + count * d);
  std::vector<double> h;
  for (std::size_t l = 0; l < depth; ++l) {
    const DenseLayer& layer = network.layers[l];
    const std::vector<double> before = h;
    h.resize(count * layer.outputs);
    multiply_by_transpose({inputs[l].data(), count, layer.inputs}, {layer.weights.data(), layer.outputs, layer.inputs}, h.data());
    for (std::size_t i = 0; i < h.size(); ++i) {
      h[i] += layer.biases[i % layer.outputs];
      if (network.residual && l > 0) h[i] = before[i] + *network.residual * h[i];
    }
    inputs[l + 1].resize(h.size());
    slopes[l].resize(h.size());
    s.reader(l)(h.data(), h.size(), inputs[l + 1].data(), slopes[l].data(), nullptr);
  }
  // Backward: df/dh of each layer.
  std::vector<double> theta(count * count, 0), of_inputs(count * count), of_slopes(count * count), delta(count, 1.0);
  for (std::size_t l = depth + 1; l-- > 0;) {
    const DenseLayer& layer = network.layers[l];
    const double alpha = network.residual && l > 0 && l < depth ? *network.residual : 1;
    const double weight = standard ? 1 : constant<double>(architecture.sigma_w2[l]) / (l > 0 ? static_cast<double>(layer.inputs) : architecture.input_scaling == InputScaling::fan_in ? static_cast<double>(d) : 1);
    const double bias = standard ? architecture.ntk_of_biases() : constant<double>(architecture.sigma_b2[l]);
    const MatrixView in{inputs[l].data(), count, layer.inputs}, back{delta.data(), count, layer.outputs};
    multiply_by_transpose(in, in, of_inputs.data());
    multiply_by_transpose(back, back, of_slopes.data());
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += alpha * alpha * (weight * of_inputs[i] + bias) * of_slopes[i];
    if (l == 0) break;
    std::vector<double> below(count * layer.inputs);
    multiply(back, {layer.weights.data(), layer.outputs, layer.inputs}, below.data());
    for (std::size_t i = 0; i < below.size(); ++i) {
      below[i] *= alpha * slopes[l - 1][i];
      if (network.residual && l < depth) below[i] += delta[i];
    }
    delta.swap(below);
  }
  return theta;
}

FiniteGeometry finite_geometry(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, int threads, const Budget& budget, std::size_t layers) {
  const FiniteMap map(network.activations);
  const std::size_t d = points.columns, derivatives = request.curvature || request.riemann ? 1 + d + d * (d + 1) / 2 : 1 + d;
  // About a thousand columns a product.
  const std::size_t block = std::clamp<std::size_t>(1024 / derivatives, 1, 256), blocks = (points.rows + block - 1) / block;
  std::vector<FiniteGeometry> parts(blocks);
  parallel_for(blocks, threads, [&] {
    return [&, worker = FiniteMap::Worker(map)](std::size_t b) mutable {
      budget.check();
      const std::size_t first = b * block, rows = std::min(block, points.rows - first);
      worker.at(network, {points.data + first * d, rows, d}, request, parts[b], layers);
    };
  });
  FiniteGeometry all;
  for (FiniteGeometry& part : parts) {
    all.points += part.points;
    all.dimension = part.dimension;
    all.width = part.width;
    for (const auto field : {&FiniteGeometry::features, &FiniteGeometry::metric, &FiniteGeometry::log_volume, &FiniteGeometry::spectrum, &FiniteGeometry::ricci, &FiniteGeometry::riemann}) {
      (all.*field).insert((all.*field).end(), (part.*field).begin(), (part.*field).end());
    }
    all.rank.insert(all.rank.end(), part.rank.begin(), part.rank.end());
    all.kink.insert(all.kink.end(), part.kink.begin(), part.kink.end());
    part = {};
  }
  return all;
}

}  // namespace infwidth
