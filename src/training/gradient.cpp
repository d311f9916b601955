// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/gradient.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <string>

#include "infwidth/finite/activation_values.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/matrix_product.hpp"
#include "infwidth/run/team.hpp"

namespace infwidth {

std::vector<double> parameters_of(const FiniteNetwork& network) {
  std::vector<double> all;
  for (const DenseLayer& layer : network.layers) {
    all.insert(all.end(), layer.weights.begin(), layer.weights.end());
    all.insert(all.end(), layer.biases.begin(), layer.biases.end());
  }
  return all;
}

void put_parameters(FiniteNetwork& network, std::span<const double> parameters) {
  const double* from = parameters.data();
  for (DenseLayer& layer : network.layers) {
    std::copy_n(from, layer.weights.size(), layer.weights.begin());
    from += layer.weights.size();
    std::copy_n(from, layer.biases.size(), layer.biases.begin());
    from += layer.biases.size();
  }
}

namespace {

constexpr std::size_t skinny = 4;    // so few inputs or outputs are no work for BLAS
constexpr std::size_t narrow = 16;   // gradients of such layers are added up block by block, others are one product over all rows
constexpr std::size_t in_cache = 4096;

struct Layer {
  std::size_t outputs = 0, inputs = 0, weights = 0, biases = 0;  // the last two: where its parameters begin
  double scale = 1;                                              // of what is added in a residual connection
  bool residual = false;

  bool is_narrow() const { return inputs <= narrow || outputs <= narrow; }
  std::size_t end() const { return biases + outputs; }
};

/// y_j += sum over the rows of a_j x, j = 0 .. count - 1: a has rows of `stride` numbers, x is rows x n, y count x n. Four rows at a time.
void add_products(const double* a, std::size_t stride, std::size_t count, const double* x, std::size_t rows, double* y, std::size_t n) {
  for (std::size_t j = 0; j < count; ++j) {
    double* const __restrict sum = y + j * n;
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const double a0 = a[r * stride + j], a1 = a[(r + 1) * stride + j], a2 = a[(r + 2) * stride + j], a3 = a[(r + 3) * stride + j];
      const double *const __restrict x0 = x + r * n, *const __restrict x1 = x0 + n, *const __restrict x2 = x1 + n, *const __restrict x3 = x2 + n;
      for (std::size_t k = 0; k < n; ++k) sum[k] += (a0 * x0[k] + a1 * x1[k]) + (a2 * x2[k] + a3 * x3[k]);
    }
    for (; r < rows; ++r) {
      for (std::size_t k = 0; k < n; ++k) sum[k] += a[r * stride + j] * x[r * n + k];
    }
  }
}

/// y += the sum of the rows of x.
void add_rows(const double* x, std::size_t rows, double* __restrict y, std::size_t n) {
  std::size_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const double *const __restrict x0 = x + r * n, *const __restrict x1 = x0 + n, *const __restrict x2 = x1 + n, *const __restrict x3 = x2 + n;
    for (std::size_t k = 0; k < n; ++k) y[k] += (x0[k] + x1[k]) + (x2[k] + x3[k]);
  }
  for (; r < rows; ++r) {
    for (std::size_t k = 0; k < n; ++k) y[k] += x[r * n + k];
  }
}

/// y += a x.
void add(double a, const double* __restrict x, double* __restrict y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) y[k] += a * x[k];
}

double dot(const double* __restrict x, const double* __restrict y, std::size_t n) {
  double sums[8] = {};
  std::size_t k = 0;
  for (; k + 8 <= n; k += 8) {
    for (std::size_t i = 0; i < 8; ++i) sums[i] += x[k + i] * y[k + i];
  }
  double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  for (; k < n; ++k) sum += x[k] * y[k];
  return sum;
}

}  // namespace

struct Backpropagation::State {
  std::vector<Layer> layers;
  std::size_t depth = 0, size = 0, outputs = 0;
  Loss loss;
  Reduction reduction;
  double output_scale;
  TrainingData data;
  std::deque<ActivationValues> activations;  // of the layers
  std::vector<std::vector<ActivationValues::Reader>> readers;  // of each member of the team, of each layer
  Team team;

  // Of the batch at hand: what goes into each layer, phi' and, with residual connections, the preactivations; derivatives by the preactivations.
  std::vector<std::vector<double>> values, slopes, preactivations, deltas;
  std::vector<std::vector<double>> turned;  // weights of layers with few inputs, inputs x outputs
  std::vector<double> batch_inputs, batch_targets, parts, gradient;
  std::vector<int> batch_labels;
  std::vector<double> losses;
  std::vector<std::size_t> right;

  State(Loss l, Reduction r, double scale, const TrainingData& d, int threads) : loss(l), reduction(r), output_scale(scale), data(d), team(threads) {}

  /// Blocks of rows: of about 50 in a small batch, of at most 256 in a large one.
  static std::size_t blocks_for(std::size_t rows) { return std::max<std::size_t>({1, std::min<std::size_t>(rows / 50, 8), (rows + 255) / 256}); }

  void prepare(std::size_t rows, bool backwards) {
    values.resize(depth + 1);
    slopes.resize(depth);
    deltas.resize(depth + 1);
    preactivations.resize(depth);
    for (std::size_t l = 0; l < depth; ++l) {
      const std::size_t n = rows * layers[l].outputs;
      if (values[l + 1].size() < n) values[l + 1].resize(n);
      if (backwards && slopes[l].size() < n) slopes[l].resize(n);
      if (layers[l].residual || (l + 1 < depth && layers[l + 1].residual)) preactivations[l].resize(std::max(preactivations[l].size(), n));
    }
    for (std::size_t l = 0; l <= depth; ++l) {
      if (deltas[l].size() < rows * layers[l].outputs) deltas[l].resize(rows * layers[l].outputs);
    }
    const std::size_t blocks = blocks_for(rows);
    losses.assign(blocks, 0);
    right.assign(blocks, 0);
    if (backwards && parts.size() < blocks * size) parts.resize(blocks * size);
  }

  void turn(const double* theta) {
    turned.resize(depth + 1);
    for (std::size_t l = 0; l <= depth; ++l) {
      const Layer& layer = layers[l];
      if (layer.inputs > skinny || layer.outputs <= skinny) continue;
      turned[l].resize(layer.inputs * layer.outputs);
      for (std::size_t k = 0; k < layer.outputs; ++k) {
        for (std::size_t i = 0; i < layer.inputs; ++i) turned[l][i * layer.outputs + k] = theta[layer.weights + k * layer.inputs + i];
      }
    }
  }

  /// h = W x + b of some rows.
  void affine(std::size_t l, const double* theta, const double* x, std::size_t rows, double* h) const {
    const Layer& layer = layers[l];
    const double *const w = theta + layer.weights, *const b = theta + layer.biases;
    const std::size_t n = layer.outputs, d = layer.inputs;
    if (n <= skinny) {
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t k = 0; k < n; ++k) h[r * n + k] = b[k] + dot(w + k * d, x + r * d, d);
      }
    } else if (d <= skinny) {
      const double* const t = turned[l].data();
      for (std::size_t r = 0; r < rows; ++r) {
        double* const row = h + r * n;
        if (d == 2) {  // the plane
          const double x0 = x[2 * r], x1 = x[2 * r + 1];
          for (std::size_t k = 0; k < n; ++k) row[k] = b[k] + x0 * t[k] + x1 * t[n + k];
          continue;
        }
        std::copy_n(b, n, row);
        for (std::size_t i = 0; i < d; ++i) add(x[r * d + i], t + i * n, row, n);
      }
    } else {
      multiply_by_transpose({x, rows, d}, {w, n, d}, h);
      for (std::size_t r = 0; r < rows; ++r) add(1, b, h + r * n, n);
    }
  }

  void forward(const double* theta, const double* inputs, std::size_t first, std::size_t rows, std::size_t member, bool backwards) {
    for (std::size_t l = 0; l < depth; ++l) {
      const Layer& layer = layers[l];
      const std::size_t n = layer.outputs, step = std::max<std::size_t>(1, in_cache / n);
      const double* const x = l == 0 ? inputs : values[l].data();
      const bool by_blas = n > skinny && layer.inputs > skinny;
      double* const h = values[l + 1].data() + first * n;
      if (by_blas) affine(l, theta, x + first * layer.inputs, rows, h);
      for (std::size_t r = 0; r < rows; r += step) {
        const std::size_t some = std::min(step, rows - r), at = (first + r) * n;
        if (!by_blas) affine(l, theta, x + (first + r) * layer.inputs, some, h + r * n);
        if (layer.residual) {
          for (std::size_t k = 0; k < some * n; ++k) h[r * n + k] = preactivations[l - 1][at + k] + layer.scale * h[r * n + k];
        }
        if (!preactivations[l].empty()) std::copy_n(h + r * n, some * n, preactivations[l].data() + at);
        readers[member][l](h + r * n, some * n, h + r * n, backwards ? slopes[l].data() + at : nullptr, nullptr);
      }
    }
  }

  /// The layers' gradients of a block of rows: biases, and weights of narrow layers.
  void add_part(std::size_t l, const double* inputs, std::size_t first, std::size_t rows, double* part) const {
    const Layer& layer = layers[l];
    const std::size_t n = layer.outputs, d = layer.inputs;
    const double *const delta = deltas[l].data() + first * n, *const x = (l == 0 ? inputs : values[l].data()) + first * d;
    double* const b = part + layer.biases;
    double* const w = part + layer.weights;
    std::fill_n(b, n, 0.0);
    add_rows(delta, rows, b, n);
    if (!layer.is_narrow()) return;
    if (n <= skinny) {
      std::fill_n(w, n * d, 0.0);
      add_products(delta, n, n, x, rows, w, d);
    } else if (d <= skinny) {  // kept turned until all blocks are added
      std::fill_n(w, n * d, 0.0);
      add_products(x, d, d, delta, rows, w, n);
    } else {
      multiply_transposed({delta, rows, n}, 0, n, {x, rows, d}, w);
    }
  }

  void backward(const double* theta, const double* inputs, std::size_t first, std::size_t rows, double* part) {
    for (std::size_t l = depth;; --l) {
      add_part(l, inputs, first, rows, part);
      if (l == 0) return;
      const Layer &layer = layers[l], &below = layers[l - 1];
      const std::size_t n = layer.outputs, d = layer.inputs;
      const double *const delta = deltas[l].data() + first * n, *const w = theta + layer.weights, *const slope = slopes[l - 1].data() + first * d;
      double* const into = deltas[l - 1].data() + first * below.outputs;
      if (n > skinny) multiply({delta, rows, n}, {w, n, d}, into);
      for (std::size_t r = 0; r < rows; ++r) {
        double* const __restrict row = into + r * d;
        const double* const __restrict s = slope + r * d;
        if (n == 2 && !layer.residual) {  // two classes
          const double a = delta[2 * r], c = delta[2 * r + 1];
          const double *const __restrict v = w, *const __restrict u = w + d;
          for (std::size_t k = 0; k < d; ++k) row[k] = (a * v[k] + c * u[k]) * s[k];
          continue;
        }
        if (n <= skinny) {
          std::fill_n(row, d, 0.0);
          for (std::size_t k = 0; k < n; ++k) add(delta[r * n + k], w + k * d, row, d);
        }
        for (std::size_t k = 0; k < d; ++k) row[k] *= layer.scale * s[k];
        if (layer.residual) add(1, delta + r * n, row, d);
      }
    }
  }

  void block(const double* theta, const double* inputs, const int* labels, const double* targets, std::size_t block, std::size_t first, std::size_t rows, double weight, std::size_t member,
             bool backwards) {
    forward(theta, inputs, first, rows, member, backwards);
    const std::size_t o = outputs, n = layers[depth].inputs;
    double* const f = deltas[depth].data() + first * o;
    affine(depth, theta, (depth == 0 ? inputs : values[depth].data()) + first * n, rows, f);
    std::vector<double> slope(o);
    double sum = 0;
    std::size_t hits = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      double* const row = f + r * o;
      for (std::size_t k = 0; k < o; ++k) row[k] /= output_scale;
      const int label = labels != nullptr ? labels[first + r] : 0;
      if (labels != nullptr && (o == 1 ? (row[0] > 0 ? 1 : 0) : static_cast<int>(std::max_element(row, row + o) - row)) == label) ++hits;
      sum += loss_of(loss, row, o, label, targets != nullptr ? targets + (first + r) * o : nullptr, slope.data());
      for (std::size_t k = 0; k < o; ++k) row[k] = slope[k] * weight / output_scale;
    }
    losses[block] = sum;
    right[block] = hits;
    if (backwards) backward(theta, inputs, first, rows, parts.data() + block * size);
  }

  LossValue run(const double* theta, std::span<const std::uint32_t> rows, const std::function<void(std::size_t, std::size_t, const double*)>* use, const Budget& budget) {
    const std::size_t count = rows.empty() ? data.points : rows.size(), d = data.dimension;
    const double *inputs = data.inputs.data(), *targets = loss == Loss::squared ? data.targets.data() : nullptr;
    const int* labels = data.labels.empty() ? nullptr : data.labels.data();
    if (!rows.empty()) {
      batch_inputs.resize(count * d);
      for (std::size_t r = 0; r < count; ++r) std::copy_n(data.inputs.data() + rows[r] * d, d, batch_inputs.data() + r * d);
      inputs = batch_inputs.data();
      if (labels != nullptr) {
        batch_labels.resize(count);
        for (std::size_t r = 0; r < count; ++r) batch_labels[r] = data.labels[rows[r]];
        labels = batch_labels.data();
      }
      if (targets != nullptr) {
        batch_targets.resize(count * outputs);
        for (std::size_t r = 0; r < count; ++r) std::copy_n(data.targets.data() + rows[r] * outputs, outputs, batch_targets.data() + r * outputs);
        targets = batch_targets.data();
      }
    }
    const bool backwards = use != nullptr;
    prepare(count, backwards);
    turn(theta);
    const std::size_t blocks = blocks_for(count), each = (count + blocks - 1) / blocks;
    const double weight = reduction == Reduction::mean ? 1 / static_cast<double>(count) : 1;
    team.run(blocks, [&](std::size_t k, std::size_t member) {
      budget.check();
      const std::size_t first = std::min(k * each, count), some = std::min(each, count - first);
      if (some > 0) block(theta, inputs, labels, targets, k, first, some, weight, member, backwards);
      else if (backwards) std::fill_n(parts.data() + k * size, size, 0.0);
    });
    LossValue value;
    for (std::size_t k = 0; k < blocks; ++k) {
      value.loss += losses[k] * weight;
      value.right += right[k];
    }
    if (backwards && std::isfinite(value.loss)) finish(inputs, count, blocks, *use);
    return value;
  }

  struct Tile {
    std::size_t layer, first, count;
  };

  /// Wide layers, a product over all rows for each tile of units; narrow ones and biases, the sum of the blocks.
  void finish(const double* inputs, std::size_t rows, std::size_t blocks, const std::function<void(std::size_t, std::size_t, const double*)>& use) {
    constexpr std::size_t units = 128;
    std::vector<Tile> tiles;
    for (std::size_t l = 0; l <= depth; ++l) {
      const Layer& layer = layers[l];
      for (std::size_t u = 0; !layer.is_narrow() && u < layer.outputs; u += units) tiles.push_back({l, u, std::min(units, layer.outputs - u)});
    }
    // The large ones first.
    std::stable_sort(tiles.begin(), tiles.end(), [&](const Tile& a, const Tile& b) { return a.count * layers[a.layer].inputs > b.count * layers[b.layer].inputs; });
    for (std::size_t l = 0; l <= depth; ++l) tiles.push_back({l, 0, 0});
    gradient.resize(size);
    team.run(tiles.size(), [&](std::size_t k, std::size_t) {
      const Tile& tile = tiles[k];
      const Layer& layer = layers[tile.layer];
      if (tile.count > 0) {
        const double* const x = tile.layer == 0 ? inputs : values[tile.layer].data();
        const std::size_t at = layer.weights + tile.first * layer.inputs, count = tile.count * layer.inputs;
        multiply_transposed({deltas[tile.layer].data(), rows, layer.outputs}, tile.first, tile.count, {x, rows, layer.inputs}, gradient.data() + at);
        if (layer.scale != 1) scale(at, count, layer.scale);
        use(at, count, gradient.data() + at);
        return;
      }
      const std::size_t begin = layer.is_narrow() ? layer.weights : layer.biases, count = layer.end() - begin;
      double* const sum = gradient.data() + begin;
      std::copy_n(parts.data() + begin, count, sum);
      for (std::size_t b = 1; b < blocks; ++b) add(1, parts.data() + b * size + begin, sum, count);
      if (layer.is_narrow() && layer.inputs <= skinny && layer.outputs > skinny) {
        double* const first_part = parts.data() + begin;  // not needed any more
        const std::size_t n = layer.outputs, d = layer.inputs;
        std::copy_n(sum, n * d, first_part);
        for (std::size_t u = 0; u < n; ++u) {
          for (std::size_t i = 0; i < d; ++i) sum[u * d + i] = first_part[i * n + u];
        }
      }
      if (layer.scale != 1) scale(begin, count, layer.scale);
      use(begin, count, sum);
    });
  }

  void scale(std::size_t at, std::size_t count, double by) {
    for (std::size_t k = at; k < at + count; ++k) gradient[k] *= by;
  }
};

Backpropagation::Backpropagation(const FiniteNetwork& shape, Loss loss, Reduction reduction, double output_scale, const TrainingData& data, int threads)
    : state_(std::make_unique<State>(loss, reduction, output_scale, data, threads)) {
  State& s = *state_;
  if (!shape.has_readout()) throw UsageError("a network without a readout cannot be trained; draw it with one");
  s.depth = shape.depth();
  s.outputs = outputs_for(loss, data);
  if (data.points == 0) throw UsageError("there is nothing to learn: no points");
  if (shape.dimension() != data.dimension) {
    throw UsageError("the network sees " + std::to_string(shape.dimension()) + " inputs and the points have " + std::to_string(data.dimension) + " coordinates; they must agree");
  }
  if (shape.layers.back().outputs != s.outputs) {
    throw UsageError("the network has " + std::to_string(shape.layers.back().outputs) + " outputs where the loss wants " + std::to_string(s.outputs) + "; make its readout so");
  }
  for (std::size_t l = 0; l <= s.depth; ++l) {
    const DenseLayer& layer = shape.layers[l];
    const bool residual = shape.residual && l > 0 && l < s.depth;
    s.layers.push_back({layer.outputs, layer.inputs, s.size, s.size + layer.outputs * layer.inputs, residual ? *shape.residual : 1, residual});
    s.size += layer.outputs * (layer.inputs + 1);
  }
  for (const Activation& phi : shape.activations) s.activations.emplace_back(phi);
  for (std::size_t member = 0; member < s.team.size(); ++member) {
    std::vector<ActivationValues::Reader>& own = s.readers.emplace_back();
    for (const ActivationValues& phi : s.activations) own.emplace_back(phi);
  }
}

Backpropagation::~Backpropagation() = default;
Backpropagation::Backpropagation(Backpropagation&&) noexcept = default;

std::size_t Backpropagation::size() const { return state_->size; }
std::size_t Backpropagation::points() const { return state_->data.points; }

LossValue Backpropagation::at(std::span<const double> parameters, double* gradient, std::span<const std::uint32_t> rows, const Budget& budget) {
  if (gradient == nullptr) return state_->run(parameters.data(), rows, nullptr, budget);
  const std::function<void(std::size_t, std::size_t, const double*)> copy = [&](std::size_t first, std::size_t count, const double* values) { std::copy_n(values, count, gradient + first); };
  const LossValue value = state_->run(parameters.data(), rows, &copy, budget);
  if (!std::isfinite(value.loss)) std::fill_n(gradient, size(), std::numeric_limits<double>::quiet_NaN());
  return value;
}

LossValue Backpropagation::at(std::span<const double> parameters, std::span<const std::uint32_t> rows, const std::function<void(std::size_t, std::size_t, const double*)>& use,
                              const Budget& budget) {
  return state_->run(parameters.data(), rows, &use, budget);
}

}  // namespace infwidth
