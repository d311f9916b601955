// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/gram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "arc_sine.hpp"
#include "gram_layers.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/pack.hpp"
#include "infwidth/run/parallel.hpp"
#include "input_pairs.hpp"

namespace infwidth {

namespace {

constexpr std::size_t tile = longest_row;  // 512 x 512 pairs: the input products are packed once for 512 rows
constexpr std::size_t stride = tile + Pack::size;  // from row to row of a strip: at a power of two, eight rows would share a set of the cache
constexpr std::size_t strip = 8;                   // rows that go through the layers together: their pairs stay in the cache, and a column of them fills a line of it

std::size_t tiles_along(std::size_t n) { return (n + tile - 1) / tile; }

bool all_finite(const double* values, std::size_t count) {
  std::uint64_t beyond = 0;
  for (std::size_t j = 0; j < count; ++j) beyond |= std::abs(values[j]) <= std::numeric_limits<double>::max() ? 0U : 1U;
  return beyond == 0;
}

/// The largest x[j] y[j]; none is negative.
double largest_product(const double* x, const double* y, std::size_t count) {
  std::array<double, Pack::size> most{};  // a lane each, or this is no SIMD code
  std::size_t j = 0;
  for (; j + Pack::size <= count; j += Pack::size) {
    for (std::size_t e = 0; e < Pack::size; ++e) most[e] = greater(most[e], x[j + e] * y[j + e]);
  }
  for (; j < count; ++j) most[0] = greater(most[0], x[j] * y[j]);
  return *std::max_element(most.begin(), most.end());
}

/// Where the strip's results go.
struct Outputs {
  GramMatrices* into;
  std::size_t columns;
  bool symmetric;
};

/// The pairs of one strip on their way through the layers.
struct Strip {
  std::size_t row, rows, column, columns;  // numbers among all points
  std::vector<double> tau, theta, value, gap, slope, out;
  std::vector<double> tau_error, theta_error, value_error, gap_error, slope_error, out_error;  // where they are followed
  std::vector<std::size_t> equal;  // positions of pairs of equal points
  explicit Strip(bool with_errors) : row(0), rows(0), column(0), columns(0) {
    for (std::vector<double>* v : {&tau, &theta, &value, &gap, &slope, &out}) v->resize(strip * stride);
    if (!with_errors) return;
    for (std::vector<double>* v : {&tau_error, &theta_error, &value_error, &gap_error, &slope_error, &out_error}) v->resize(strip * stride);
  }
};

class GramWork {
 public:
  GramWork(const Architecture& network, MatrixView x, MatrixView y, const GramRequest& request, const GramOptions& options, GramMatrices& into)
      : request_(request), options_(options), into_(into), symmetric_(y.data == nullptr), n_(x.rows), m_(symmetric_ ? x.rows : y.rows), input_(network, x, y, options.point_errors),
        layers_(network, input_, request, options.budget) {
    const std::size_t count = request.all_layers ? layers_.depth() : 1;
    for (auto [wanted, matrices] : {std::pair(request.feature, &into.feature), std::pair(request.derivative, &into.derivative), std::pair(request.nngp, &into.nngp),
                                    std::pair(request.ntk, &into.ntk), std::pair(request.gap, &into.gap)}) {
      matrices->resize(wanted ? count : 0);
      for (GramMatrix& matrix : *matrices) {
        if (matrix.rows() != n_ || matrix.columns() != m_) matrix = GramMatrix(n_, m_);
      }
    }
    for (auto [wanted, errors] : {std::pair(request.feature, &into.feature_errors), std::pair(request.derivative, &into.derivative_errors), std::pair(request.nngp, &into.nngp_errors),
                                  std::pair(request.ntk, &into.ntk_errors)}) {
      errors->largest.assign(wanted && layers_.follows_errors() ? count : 0, 0.0);
      errors->entries.resize(wanted && request.errors == GramRequest::Errors::all ? count : 0);
      for (GramMatrix& matrix : errors->entries) matrix = GramMatrix(n_, m_);
    }
  }

  void run() {
    const std::size_t across = tiles_along(n_), along = tiles_along(m_);
    std::vector<std::pair<std::size_t, std::size_t>> tiles;
    for (std::size_t i = 0; i < across; ++i) {
      for (std::size_t j = symmetric_ ? i : 0; j < along; ++j) tiles.emplace_back(i, j);
    }
    std::mutex mutex;
    parallel_for(tiles.size(), options_.threads, [&] {
      return [&, space = Workspace(layers_.follows_errors())](std::size_t k) mutable {
        run_tile(tiles[k].first * tile, tiles[k].second * tile, space);
        const std::lock_guard lock(mutex);
        if (options_.progress != nullptr) options_.progress->advance();
      };
    });
  }

 private:
  struct Workspace {
    explicit Workspace(bool with_errors) : strip(with_errors) {}
    Strip strip;
    InputPairs::Tile input;
  };

  const GramRequest& request_;
  const GramOptions& options_;
  GramMatrices& into_;
  bool symmetric_;
  std::size_t n_, m_;
  InputPairs input_;
  GramLayers layers_;
  std::mutex largest_;  // guards the largest errors

  /// The number, among all points, of column j.
  std::size_t point_of_column(std::size_t j) const { return symmetric_ ? j : n_ + j; }

  void run_tile(std::size_t i0, std::size_t j0, Workspace& space) {
    const std::size_t rows = std::min(tile, n_ - i0), columns = std::min(tile, m_ - j0);
    input_.correlate(i0, rows, point_of_column(j0), columns, space.input);
    Strip& s = space.strip;
    for (std::size_t r = 0; r < rows; r += strip) {
      options_.budget.check();
      // Of a tile on the diagonal, the pairs from the strip's first point on.
      const std::size_t skipped = symmetric_ && i0 == j0 ? r : 0;
      s.row = i0 + r;
      s.rows = std::min(strip, rows - r);
      s.column = point_of_column(j0 + skipped);
      s.columns = columns - skipped;
      s.equal.clear();
      for (std::size_t a = 0; a < s.rows; ++a) {
        double* const tau = s.tau.data() + a * stride;
        input_.separations(s.row + a, s.column, s.columns, space.input.row(r + a) + skipped, tau);
        // Below the diagonal the tile holds what was there before; a series ends by a whole row, so that no pair's bits may hang on that.
        for (std::size_t b = 0; b < a && symmetric_ && i0 == j0; ++b) tau[b] = s.tau[b * stride + a];
        if (!any_below(tau, s.columns, std::numeric_limits<double>::min())) continue;
        for (std::size_t b = 0; b < s.columns; ++b) {
          if (tau[b] == 0 && input_.are_equal(s.row + a, s.column + b, tau[b])) s.equal.push_back(a * stride + b);
        }
      }
      run_strip(s, j0 + skipped);
    }
  }

  void run_strip(Strip& s, std::size_t j0) {
    // Row by row, so that a row stays in the first cache, up to the next layer that is asked for.
    for (std::size_t l = request_.all_layers ? 1 : layers_.depth(), done = 0; l <= layers_.depth(); done = l++) {
      for (std::size_t a = 0; a < s.rows; ++a) advance(rowed(s, a), done, l);
      const std::size_t k = request_.all_layers ? l - 1 : 0;
      if (request_.feature) {
        write(s, j0, s.value, into_.feature[k], [&](std::size_t p) { return layers_.points(l).Q[p]; });
        write_errors(s, j0, s.value_error, into_.feature_errors, k, [&](std::size_t p) { return layers_.points(l).Q[p]; });
      }
      if (request_.derivative) {
        write(s, j0, s.slope, into_.derivative[k], [&](std::size_t p) { return layers_.points(l).chi[p]; });
        write_errors(s, j0, s.slope_error, into_.derivative_errors, k, [&](std::size_t p) { return layers_.points(l).chi[p]; });
      }
      if (request_.nngp) {
        for (std::size_t a = 0; a < s.rows; ++a) {
          layers_.read_out(l, rowed(s, a), s.out.data() + a * stride);
          if (layers_.follows_errors()) layers_.read_out_errors(l, rowed(s, a), s.out_error.data() + a * stride);
        }
        write(s, j0, s.out, into_.nngp[k], [&](std::size_t p) { return layers_.output_variance(l, p); });
        write_errors(s, j0, s.out_error, into_.nngp_errors, k, [&](std::size_t p) { return layers_.output_variance(l, p); });
      }
      if (request_.ntk) {
        for (std::size_t a = 0; a < s.rows; ++a) {
          layers_.read_out_ntk(l, rowed(s, a), s.out.data() + a * stride);
          if (layers_.follows_errors()) layers_.read_out_ntk_errors(l, rowed(s, a), s.out_error.data() + a * stride);
        }
        write(s, j0, s.out, into_.ntk[k], [&](std::size_t p) { return layers_.output_ntk(l, p); });
        write_errors(s, j0, s.out_error, into_.ntk_errors, k, [&](std::size_t p) { return layers_.output_ntk(l, p); });
      }
      if (request_.gap) {
        for (std::size_t a = 0; a < s.rows; ++a) layers_.read_out_gap(l, rowed(s, a), s.out.data() + a * stride);
        write(s, j0, s.out, into_.gap[k], [](std::size_t) { return 0.0; });
      }
    }
  }

  /// From the duals of layer `done` (0: from the inputs) to those of layer `l`.
  void advance(const StripRow& row, std::size_t done, std::size_t l) const {
    const bool errors = layers_.follows_errors();
    if (done == 0 && layers_.follows_ntk()) layers_.first_ntk(row);
    if (done == 0 && errors) layers_.first_errors(row);
    for (std::size_t at = done + 1; at <= l; ++at) {
      if (at > 1) {
        if (errors) layers_.theta_errors(at - 1, row);
        layers_.step(at - 1, row);
        if (errors) layers_.tau_errors(at - 1, row);
      }
      layers_.apply_dual(at, row);
      if (errors) layers_.dual_errors(at, row);
    }
  }

  static StripRow rowed(Strip& s, std::size_t a) {
    const std::size_t at = a * stride;
    StripRow row{s.row + a, s.column, s.columns, s.tau.data() + at, s.theta.data() + at, s.value.data() + at, s.gap.data() + at, s.slope.data() + at};
    if (s.tau_error.empty()) return row;
    row.tau_error = s.tau_error.data() + at;
    row.theta_error = s.theta_error.data() + at;
    row.value_error = s.value_error.data() + at;
    row.gap_error = s.gap_error.data() + at;
    row.slope_error = s.slope_error.data() + at;
    return row;
  }

  /// The errors of a strip, likewise, and the largest of them. `scale` is K(x, x).
  template <class Scale>
  void write_errors(const Strip& s, std::size_t j0, const std::vector<double>& errors, GramMatrices::Errors& into, std::size_t k, Scale scale) {
    if (!layers_.follows_errors()) return;
    const auto inverse_root = [&](std::size_t p) {
      const double size = scale(p);
      return size > 0 ? 1 / std::sqrt(size) : 0;
    };
    std::array<double, tile> of_column;
    for (std::size_t b = 0; b < s.columns; ++b) of_column[b] = inverse_root(s.column + b);
    double largest = 0;
    for (std::size_t a = 0; a < s.rows; ++a) {
      const std::size_t from = symmetric_ && j0 == s.row ? a : 0, count = s.columns - from;
      const double* const row = errors.data() + a * stride;
      for (std::size_t b = from; b < s.columns && !all_finite(row + from, count); ++b) {
        if (!std::isfinite(row[b])) layers_.refuse_pair(s.row + a, s.column + b);
      }
      largest = std::max(largest, inverse_root(s.row + a) * largest_product(row + from, of_column.data() + from, count));
      for (std::size_t b = from; b < s.columns && !into.entries.empty(); ++b) {
        into.entries[k](s.row + a, j0 + b) = row[b];
        if (symmetric_) into.entries[k](j0 + b, s.row + a) = row[b];
      }
    }
    const std::lock_guard lock(largest_);
    into.largest[k] = std::max(into.largest[k], largest);
  }

  /// Writes a strip and, of one set of points, its mirror image. Pairs of equal points get what the diagonal has.
  template <class Diagonal>
  void write(const Strip& s, std::size_t j0, std::vector<double>& values, GramMatrix& matrix, Diagonal diagonal) {
    for (const std::size_t e : s.equal) values[e] = diagonal(s.row + e / stride);
    for (std::size_t a = 0; a < s.rows; ++a) {
      const double* const from = values.data() + a * stride;
      if (all_finite(from, s.columns)) continue;
      for (std::size_t b = 0; b < s.columns; ++b) {
        if (!std::isfinite(from[b])) layers_.refuse_pair(s.row + a, s.column + b);
      }
    }
    // A strip on the diagonal begins with a square of which only the upper half is known.
    const std::size_t square = symmetric_ && j0 == s.row ? s.rows : 0;
    for (std::size_t a = 0; a < square; ++a) {
      for (std::size_t b = a; b < square; ++b) matrix(s.row + a, j0 + b) = matrix(j0 + b, s.row + a) = values[a * stride + b];
    }
    for (std::size_t a = 0; a < s.rows; ++a) {
      const double* const from = values.data() + a * stride;
      std::copy(from + square, from + s.columns, matrix.data() + (s.row + a) * m_ + j0 + square);
    }
    for (std::size_t b = square; b < s.columns && symmetric_; ++b) {
      double* const to = matrix.data() + (j0 + b) * m_ + s.row;
      for (std::size_t a = 0; a < s.rows; ++a) to[a] = values[a * stride + b];
    }
  }
};

void check_request(const GramRequest& r) {
  if (!r.feature && !r.derivative && !r.nngp && !r.ntk && !r.gap) throw UsageError("gram: no kernel asked for; give feature, derivative, nngp or ntk");
}

}  // namespace

GramMatrix::GramMatrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns) {
  // In huge pages where the system has them: a first touch of 4 KiB each costs as much as the recursion of their entries.
  constexpr std::size_t page = std::size_t{1} << 21;
  const std::size_t bytes = rows * columns * sizeof(double), whole = (bytes + 63) / 64 * 64;
  if (columns != 0 && bytes / columns / sizeof(double) != rows) throw NotReached("gram: " + std::to_string(rows) + " x " + std::to_string(columns) + " entries do not fit into memory");
  const bool large = whole >= 4 * page;
  void* const memory = large ? std::aligned_alloc(page, (whole + page - 1) / page * page) : std::aligned_alloc(64, std::max<std::size_t>(whole, 64));
  if (memory == nullptr) throw NotReached("gram: " + std::to_string(rows) + " x " + std::to_string(columns) + " entries do not fit into memory");
#if defined(__linux__)
  if (large) madvise(memory, whole, MADV_HUGEPAGE);
#endif
  data_.reset(static_cast<double*>(memory));
}

GramMatrices gram(const Architecture& network, MatrixView x, const GramRequest& request, const GramOptions& options) {
  GramMatrices result;
  gram(network, x, request, options, result);
  return result;
}

GramMatrices gram(const Architecture& network, MatrixView x, MatrixView y, const GramRequest& request, const GramOptions& options) {
  check_request(request);
  if (y.data == nullptr || y.rows == 0) throw UsageError("gram: the second set has no points; give one row or more");
  GramMatrices result;
  GramWork(network, x, y, request, options, result).run();
  return result;
}

void gram(const Architecture& network, MatrixView x, const GramRequest& request, const GramOptions& options, GramMatrices& into) {
  check_request(request);
  GramWork(network, x, {}, request, options, into).run();
}

std::size_t gram_tiles(std::size_t rows, std::size_t columns) {
  const std::size_t n = tiles_along(rows);
  return columns == 0 ? n * (n + 1) / 2 : n * tiles_along(columns);
}

}  // namespace infwidth
