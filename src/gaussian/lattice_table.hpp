// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/ball.hpp"

// What the sums of D-037 keep: rows of numbers, and a function's values on a lattice.

namespace infwidth {

/// Numbers beside each other, for arb_dot.
class BallRow {
 public:
  explicit BallRow(std::size_t size) : size_(static_cast<slong>(size)), numbers_(_arb_vec_init(size_)) {}
  BallRow(BallRow&& other) noexcept : size_(std::exchange(other.size_, 0)), numbers_(std::exchange(other.numbers_, nullptr)) {}
  BallRow& operator=(BallRow&&) = delete;
  ~BallRow() {
    if (numbers_ != nullptr) _arb_vec_clear(numbers_, size_);
  }
  arb_ptr at(std::size_t i) { return numbers_ + i; }

 private:
  slong size_;
  arb_ptr numbers_;
};

/// The values of f on its lattice, made when they are asked for; without `kept`, only those of the present window.
class LatticeTable {
 public:
  LatticeTable(const Program& f, double h, long first, std::size_t size, bool kept)
      : at_(f), h_(h), first_(first), kept_(kept), known_(size, 0) {
    for (std::size_t k = 0; k < f.outputs(); ++k) rows_.emplace_back(size);
  }
  /// Where the values of nodes centre + low .. centre + high begin, in `row`.
  std::size_t window(const Ball& centre, long low, long high) {
    const std::size_t begin = kept_ ? static_cast<std::size_t>(arf_get_si(arb_midref(centre.get()), ARF_RND_NEAR) + low - first_) : 0;
    for (long i = low; i <= high; ++i) {
      const std::size_t place = begin + static_cast<std::size_t>(i - low);
      if (kept_ && known_[place] != 0) continue;
      const auto values = at_((centre + Ball(i)) * h_);
      for (std::size_t k = 0; k < rows_.size(); ++k) arb_set(rows_[k].at(place), values[k].get());
      known_[place] = 1;
      ++evaluations;
    }
    return begin;
  }
  arb_ptr row(std::size_t k, std::size_t place) { return rows_[k].at(place); }
  std::uint64_t evaluations = 0;

 private:
  Evaluator<Ball> at_;
  Ball h_;
  long first_;
  bool kept_;
  std::vector<char> known_;
  std::vector<BallRow> rows_;
};

}  // namespace infwidth
