// SPDX-License-Identifier: GPL-3.0-or-later
#include "paper_studies.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "options.hpp"

namespace infwidth::cli {

namespace {

Architecture sigmoid_network(int depth) { return make_architecture(depth, {Activation::from_text("sigmoid")}, {Rational(1)}, {Rational(1)}); }

Variant variant(const std::string& name, const std::string& task, Architecture network, std::vector<std::uint64_t> widths, const Optimiser& optimiser, std::uint64_t epochs, std::uint64_t batch,
                std::vector<std::uint64_t> record, double window) {
  Variant v;
  v.name = name;
  v.task = task;
  v.options.network = std::move(network);
  v.options.widths = std::move(widths);
  v.options.training.optimiser = optimiser;
  v.options.training.epochs = epochs;
  v.options.training.batch = batch;
  v.options.record = std::move(record);
  if (window > 0) v.options.probe = grid_probe(window, 40);
  return v;
}

/// Epochs given for a run of another length, scaled.
std::vector<std::uint64_t> scaled(std::vector<std::uint64_t> epochs, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t& e : epochs) e = e * to / from;
  epochs.erase(std::unique(epochs.begin(), epochs.end()), epochs.end());
  return epochs;
}

}  // namespace

std::vector<Variant> variants_of(const std::string& study, const std::string& given_epochs) {
  std::vector<Variant> all;
  const auto epochs = [&](std::uint64_t usual) { return given_epochs.empty() ? usual : static_cast<std::uint64_t>(parse_count(given_epochs, 1, 1'000'000'000, "--epochs")); };
  switch (choice("STUDY", study, {"xor", "sinusoid-shallow", "sinusoid-deep", "lazy-to-rich", "digits"})) {
    case 0:
      for (const std::uint64_t w : {10UL, 100UL, 250UL}) {
        const std::uint64_t e = epochs(2000);
        all.push_back(variant(fmt::format("w = {}", w), "xor", sigmoid_network(1), {w}, {Method::gradient_descent, 0.02, 0.9, 1e-4}, e, 0, scaled({0, 50, 500, 2000}, 2000, e), 1.5));
        all.back().options.of.curvature = true;
      }
      break;
    case 1:
    case 2: {
      const bool deep = study == "sinusoid-deep";
      const std::uint64_t e = epochs(10000);
      const auto add = [&](const std::string& name, std::vector<std::uint64_t> widths, double momentum, std::uint64_t batch) {
        const int depth = static_cast<int>(widths.size());
        all.push_back(variant(name, "sinusoid", sigmoid_network(depth), std::move(widths), {Method::gradient_descent, 0.1, momentum}, e, batch, scaled(deep ? std::vector<std::uint64_t>{0, 200, 1200, 10000} : std::vector<std::uint64_t>{0, 200, 5000, 10000}, 10000, e), 1));
        all.back().options.of.all_layers = deep;
        all.back().options.of.curvature = !deep;
      };
      if (deep) {
        add("8, 8, 8", {8, 8, 8}, 0.9, 50);
      } else {
        add("w = 20", {20}, 0.9, 50);
        add("w = 250", {250}, 0.9, 50);
        add("w = 20, no momentum", {20}, 0, 50);
        add("w = 20, all points at once, no momentum", {20}, 0, 0);
      }
      break;
    }
    case 3:
      for (const std::uint64_t n : {64UL, 256UL, 1024UL, 4096UL}) {
        for (const auto& [label, power] : {std::pair{"1", 0.0}, std::pair{"n^1/4", 0.25}, std::pair{"n^1/2", 0.5}}) {
          const std::uint64_t e = epochs(200);
          all.push_back(variant(fmt::format("n = {}, gamma = {}", n, label), "noisy-xor", make_architecture(1, {Activation::from_text("tanh")}, {Rational(1)}, {Rational(1, 4)}), {n},
                                {Method::gradient_descent, 0.5, 0}, e, 0, {0}, 0));
          all.back().options.training.loss = Loss::squared;
          all.back().options.training.parameters = {Parameterization::ntk, std::pow(static_cast<double>(n), power)};
        }
      }
      break;
    default: {
      const std::uint64_t e = epochs(20);
      for (const char* name : {"line", "plane"}) {
        all.push_back(variant(name, "", make_architecture(2, {Activation::from_text("relu")}, {Rational(2), Rational(2), Rational(1)}, {Rational(0)}, InputScaling::fan_in), {512, 512}, {Method::adam, 1e-3}, e,
                              100, scaled({0, 1, 20}, 20, e), 0));
        all.back().options.symmetry_points = 0;
      }
    }
  }
  return all;
}

}  // namespace infwidth::cli
