// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/ensemble.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "infwidth/io/binary_state.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/output.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/parallel.hpp"

namespace infwidth {

namespace {

constexpr std::string_view magic = "infwidth ensemble 2\n";

/// What is known of the first draws.
struct State {
  Moments moments;
  std::vector<std::vector<double>> kept;
};

void write_checkpoint(const State& state, const EnsembleOptions& options) {
  StateWriter w;
  w.bytes = magic;
  w.text(options.identity);
  w.number(state.moments.count());
  w.numbers(state.moments.mean());
  w.numbers(state.moments.scatter());
  w.numbers(state.moments.third());
  w.numbers(state.moments.fourth());
  w.number(state.kept.size());
  for (const std::vector<double>& k : state.kept) w.numbers(k);
  Output file = Output::to_file(options.checkpoint);
  file.write(w.bytes);
  file.commit();
}

State read_checkpoint(std::size_t size, const EnsembleOptions& options) {
  const std::string name = shown(options.checkpoint);
  std::ifstream file(options.checkpoint, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) throw UsageError(name + ": cannot be read");
  if (!std::string_view(bytes).starts_with(magic)) StateReader("", name).refuse();
  StateReader r(bytes.substr(magic.size()), name);
  if (const std::string identity = r.text(); identity != options.identity) {
    throw UsageError(name + ": is a checkpoint of another question (" + shown(identity) + "); ask that one, name another file, or leave --resume out");
  }
  State state;
  const std::uint64_t count = r.number();
  std::vector<double> mean = r.numbers(), scatter = r.numbers(), third = r.numbers(), fourth = r.numbers();
  if (mean.size() != size || scatter.size() != size * size || third.size() != size || fourth.size() != size || count % options.block != 0) r.refuse();
  state.moments = Moments::restored(count, std::move(mean), std::move(scatter), std::move(third), std::move(fourth));
  state.kept.resize(r.number() == options.keep.size() ? options.keep.size() : (r.refuse(), 0));
  for (std::vector<double>& k : state.kept) {
    k = r.numbers();
    if (k.size() != count) r.refuse();
  }
  return state;
}

}  // namespace

EnsembleResult run_ensemble(std::size_t size, const std::function<Draws()>& make_draws, const EnsembleOptions& options) {
  State state{Moments(size), std::vector<std::vector<double>>(options.keep.size())};
  if (!options.checkpoint.empty()) Output::to_file(options.checkpoint);  // refused now rather than after hours
  const bool resumed = options.resume && !options.checkpoint.empty() && std::filesystem::exists(options.checkpoint);
  if (resumed) state = read_checkpoint(size, options);
  const std::uint64_t block = options.block;
  if (state.moments.count() > options.draws) {
    throw UsageError(shown(options.checkpoint) + ": holds " + std::to_string(state.moments.count()) + " draws, more than are asked for; ask for as many, or leave --resume out");
  }
  if (options.progress != nullptr && state.moments.count() > 0) options.progress->advance(state.moments.count());

  struct Finished {
    Moments moments;
    std::vector<std::vector<double>> kept;
  };
  std::mutex mutex;
  std::map<std::uint64_t, Finished> waiting;  // blocks that came before their turn
  std::uint64_t next = state.moments.count() / block, merged = next;
  const std::uint64_t blocks = (options.draws + block - 1) / block;
  bool stopped = false;
  auto written = std::chrono::steady_clock::now();

  const auto work = [&] {
    try {
      const Draws draws = make_draws();
      std::vector<double> vectors(block * size);
      for (;;) {
        if (options.budget.is_over()) {
          const std::lock_guard lock(mutex);
          stopped = true;
        }
        std::uint64_t mine = 0;
        {
          const std::lock_guard lock(mutex);
          if (next >= blocks || stopped) return;
          mine = next++;
        }
        const std::uint64_t first = mine * block, count = std::min(block, options.draws - first);
        draws(first, count, vectors.data());
        Finished done{Moments(size), std::vector<std::vector<double>>(options.keep.size())};
        for (std::uint64_t i = 0; i < count; ++i) {
          done.moments.add({vectors.data() + i * size, size});
          for (std::size_t k = 0; k < options.keep.size(); ++k) done.kept[k].push_back(vectors[i * size + options.keep[k]]);
        }
        const std::lock_guard lock(mutex);
        waiting.emplace(mine, std::move(done));
        for (auto turn = waiting.find(merged); turn != waiting.end(); turn = waiting.find(++merged)) {
          state.moments.merge(turn->second.moments);
          for (std::size_t k = 0; k < state.kept.size(); ++k) state.kept[k].insert(state.kept[k].end(), turn->second.kept[k].begin(), turn->second.kept[k].end());
          waiting.erase(turn);
        }
        if (options.progress != nullptr) options.progress->advance(count);
        const auto now = std::chrono::steady_clock::now();
        if (!options.checkpoint.empty() && now - written > std::chrono::seconds(10)) {
          write_checkpoint(state, options);
          written = now;
        }
      }
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        stopped = true;
      }
      // A draw that looks at the budget itself: its block is left out, and what came before stands.
      if (!options.budget.is_over()) throw;
    }
  };
  on_threads(options.threads, work);
  // A whole number of blocks unless it is the end: a run with more draws can go on from there.
  if (!options.checkpoint.empty() && state.moments.count() % block == 0) write_checkpoint(state, options);
  const bool complete = state.moments.count() == options.draws;
  return {std::move(state.moments), std::move(state.kept), complete};
}

}  // namespace infwidth
