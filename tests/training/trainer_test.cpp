// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/trainer.hpp"

#include <atomic>
#include <cmath>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/training/flow.hpp"
#include "infwidth/training/task.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const Architecture small = make_architecture(1, {Activation::from_text("tanh")}, {Rational(3, 2)}, {Rational(1, 5)});

FiniteNetwork network_for(const Architecture& architecture, std::uint64_t width, std::size_t dimension, std::size_t outputs, std::uint64_t seed = 1) {
  return NetworkEnsemble(architecture, {width}, dimension, seed, outputs).network(0);
}

/// One step of PyTorch's rules, written from its documentation.
std::vector<double> plain_steps(const FiniteNetwork& network, const TrainingData& data, const Optimiser& o, int steps) {
  std::vector<double> w = parameters_of(network), m(w.size(), 0), v(w.size(), 0), g(w.size());
  Backpropagation gradient(network, Loss::cross_entropy, Reduction::mean, 1, data);
  for (int t = 1; t <= steps; ++t) {
    gradient.at(w, g.data());
    for (std::size_t k = 0; k < w.size(); ++k) {
      const double d = g[k] + o.weight_decay * w[k];
      if (o.method == Method::adam) {
        m[k] = o.beta1 * m[k] + (1 - o.beta1) * d;
        v[k] = o.beta2 * v[k] + (1 - o.beta2) * d * d;
        w[k] -= o.rate * (m[k] / (1 - std::pow(o.beta1, t))) / (std::sqrt(v[k] / (1 - std::pow(o.beta2, t))) + o.epsilon);
      } else {
        m[k] = o.momentum * m[k] + d;
        w[k] -= o.rate * m[k];
      }
    }
  }
  return w;
}

}  // namespace

TEST_CASE("steps are those of PyTorch's SGD and Adam", "[training]") {
  const Task task = make_task("xor", 0);
  const FiniteNetwork network = network_for(small, 8, 2, 2);
  for (const Optimiser& o : {Optimiser{Method::gradient_descent, 0.1}, Optimiser{Method::gradient_descent, 0.1, 0.9, 1e-3}, Optimiser{Method::adam, 0.02, 0, 1e-2}}) {
    TrainingOptions options;
    options.optimiser = o;
    Trainer trainer(network, small, task.data, options);
    for (int k = 0; k < 20; ++k) trainer.epoch();
    const std::vector<double> expected = plain_steps(network, task.data, o, 20), found = parameters_of(trainer.network());
    double worst = 0;
    for (std::size_t k = 0; k < found.size(); ++k) worst = std::max(worst, std::abs(found[k] - expected[k]));
    CHECK(worst < 1e-13);
  }
}

TEST_CASE("the ntk parameterization moves what the weights are multiples of", "[training]") {
  // omega = W / s moves by gradient descent in omega: W by -rate s^2 dL/dW.
  const Task task = make_task("xor", 0);
  const FiniteNetwork network = network_for(small, 8, 2, 2);
  const std::vector<double> scales = parameter_scales(network, small, Parameterization::ntk), before = parameters_of(network);
  CHECK(std::abs(scales[0] - std::sqrt(1.5)) < 1e-15);
  CHECK(std::abs(scales[16] - std::sqrt(0.2)) < 1e-15);
  CHECK(std::abs(scales[24] - std::sqrt(1.5 / 8)) < 1e-15);
  std::vector<double> g(before.size());
  const double gamma = 3;
  Backpropagation(network, Loss::cross_entropy, Reduction::mean, gamma, task.data).at(before, g.data());
  for (const Method method : {Method::gradient_descent, Method::adam}) {
    TrainingOptions options;
    options.parameters = {Parameterization::ntk, gamma};
    options.optimiser.method = method;
    options.optimiser.rate = 0.1;
    options.optimiser.momentum = 0.9;  // nothing to remember before the first step
    Trainer trainer(network, small, task.data, options);
    trainer.epoch();
    const std::vector<double> after = parameters_of(trainer.network());
    for (std::size_t k = 0; k < after.size(); ++k) {
      const double step = method == Method::adam ? 0.1 * gamma * scales[k] * (g[k] * scales[k]) / (std::abs(g[k] * scales[k]) + 1e-8) : 0.1 * gamma * gamma * scales[k] * scales[k] * g[k];
      CHECK(std::abs(before[k] - after[k] - step) < 1e-12);
    }
  }
}

TEST_CASE("XOR is learned", "[training]") {
  const Task task = make_task("xor", 0);
  TrainingOptions options;
  options.optimiser = {Method::gradient_descent, 0.1, 0.9};
  Trainer trainer(network_for(small, 20, 2, 2), small, task.data, options);
  const double before = trainer.evaluate().loss;
  for (int k = 0; k < 500; ++k) trainer.epoch();
  CHECK(trainer.evaluate().accuracy == 1);
  CHECK(trainer.evaluate().loss < 0.05 * before);
  CHECK(trainer.epochs_done() == 500);
}

TEST_CASE("training has the same bits for any number of threads, and after a checkpoint", "[training]") {
  const Task task = make_task("sinusoid", 3);
  for (const Method method : {Method::gradient_descent, Method::adam}) {
    TrainingOptions options;
    options.optimiser.method = method;
    options.optimiser.rate = 0.05;
    options.optimiser.momentum = 0.9;
    options.batch = 150;
    const auto run = [&](int threads, bool interrupted) {
      options.threads = threads;
      Trainer trainer(network_for(small, 60, 2, 2), small, task.data, options);
      for (int k = 0; k < 5; ++k) trainer.epoch();
      if (interrupted) {
        const std::string state = trainer.state("a question");
        Trainer other(network_for(small, 60, 2, 2, 99), small, task.data, options);
        CHECK_THROWS_WITH(other.restore(state, "another", "f"), ContainsSubstring("another question"));
        CHECK_THROWS_WITH(other.restore(state.substr(0, 500), "a question", "f"), ContainsSubstring("damaged"));
        other.restore(state, "a question", "f");
        for (int k = 0; k < 5; ++k) other.epoch();
        return parameters_of(other.network());
      }
      for (int k = 0; k < 5; ++k) trainer.epoch();
      return parameters_of(trainer.network());
    };
    const std::vector<double> once = run(1, false);
    CHECK(once == run(4, false));
    CHECK(once == run(2, true));
  }
}

TEST_CASE("a loss that is no number stops training with advice, at the network before the step", "[training]") {
  // x^3 with a huge rate: one step, and the square of the output is no double.
  TrainingData data{1, 1, 0, 1, {1}, {}, {1}};
  const Architecture cubic = make_architecture(1, {Activation::from_text("x^3")}, {1}, {0});
  for (const Method method : {Method::gradient_descent, Method::adam}) {
    TrainingOptions options;
    options.loss = Loss::squared;
    options.optimiser.method = method;
    options.optimiser.rate = method == Method::adam ? 1e60 : 1e45;
    options.optimiser.momentum = 0.5;
    Trainer trainer(network_for(cubic, 4, 1, 1), cubic, data, options);
    std::string before;
    std::uint64_t steps = 0;
    CHECK_THROWS_WITH(
        [&] {
          for (int k = 0; k < 50; ++k) {
            before = trainer.state("");
            steps = trainer.steps_done();
            trainer.epoch();
          }
        }(),
        ContainsSubstring("the loss is no number at step") && ContainsSubstring("smaller learning rate"));
    // All of it: parameters, momenta, how many steps and epochs there were.
    CHECK(steps > 0);
    CHECK(trainer.steps_done() == steps);
    CHECK(trainer.state("") == before);
    // Not before in name only: the loss of these parameters is indeed no number, and a second try says the same.
    CHECK_FALSE(std::isfinite(trainer.evaluate().loss));
    CHECK_THROWS_AS(trainer.epoch(), NotReached);
    CHECK(trainer.state("") == before);
  }
  TrainingOptions options;
  options.loss = Loss::squared;
  options.optimiser.rate = 0;
  CHECK_THROWS_AS(Trainer(network_for(cubic, 4, 1, 1), cubic, data, options), UsageError);
}

TEST_CASE("what has no slope to learn by is refused", "[training]") {
  const Task task = make_task("xor", 0);
  const auto refused = [&](const char* text, const char* why) {
    const Architecture network = make_architecture(1, {Activation::from_text(text)}, {1}, {0});
    CHECK_THROWS_WITH(Trainer(network_for(network, 4, 2, 2), network, task.data, {}), ContainsSubstring(why));
  };
  refused("step", "step has no slope to learn by: it is constant but for its jump at x = 0");
  refused("sign", "has no slope to learn by");
  refused("step(x-1)-step(x+1)", "has no slope to learn by");
  refused("x+step(x)", "they do not see its jump at x = 0");
  for (const char* fine : {"relu", "abs", "hardtanh", "x", "elu:1"}) {
    const Architecture network = make_architecture(1, {Activation::from_text(fine)}, {1}, {0});
    CHECK_NOTHROW(Trainer(network_for(network, 4, 2, 2), network, task.data, {}));
  }
}

TEST_CASE("an epoch is done or not: a stop between its steps goes back to its beginning", "[training]") {
  const Task task = make_task("sinusoid", 3);
  TrainingOptions options;
  options.optimiser = {Method::adam, 0.01};
  options.batch = 10;
  Trainer trainer(network_for(small, 10, 2, 2), small, task.data, options);
  trainer.epoch();
  const std::string before = trainer.state("");
  std::atomic<bool> stop{true};
  CHECK_THROWS_AS(trainer.epoch(Budget(std::nullopt, &stop)), Stopped);
  CHECK(trainer.state("") == before);
  // A deadline that falls somewhere among the 40 steps of an epoch.
  for (const double seconds : {1e-9, 1e-5, 1e-4, 3e-4}) {
    const std::string at = trainer.state("");
    const std::uint64_t epochs = trainer.epochs_done();
    try {
      trainer.epoch(Budget(std::chrono::duration<double>(seconds)));
    } catch (const NotReached&) {
      CHECK(trainer.state("") == at);
      CHECK(trainer.epochs_done() == epochs);
    }
  }
}

TEST_CASE("learning rates follow their schedule", "[training]") {
  CHECK(Schedule{}.rate(2, 7, 10) == 2);
  CHECK(std::abs(Schedule{Schedule::Kind::step, 0.1, 3, 0}.rate(2, 7, 10) - 0.02) < 1e-15);
  CHECK(std::abs(Schedule{Schedule::Kind::cosine}.rate(2, 5, 10) - 1) < 1e-15);
  CHECK(std::abs(Schedule{Schedule::Kind::constant, 0, 0, 4}.rate(2, 0, 10) - 0.5) < 1e-15);
}

TEST_CASE("gradient flow of a linear network has the solution that is known", "[training]") {
  // f = v w x with one unit, x = 1, y = 2: d(w^2 - v^2)/dt = 0, and L = (w v - y)^2 / 2 falls; held against RK4 with 10^5 steps, and tolerances against each other.
  const Architecture linear = make_architecture(1, {Activation::from_text("x")}, {1}, {0});
  FiniteNetwork network = network_for(linear, 1, 1, 1);
  TrainingData data{1, 1, 0, 1, {1}, {}, {2}};
  const double w0 = 0.3, v0 = 0.7;
  const std::vector<double> start = {w0, 0, v0, 0}, times = {0.5, 2};
  std::vector<std::vector<double>> loose, tight;
  const auto follow = [&](double tolerance, std::vector<std::vector<double>>& seen) {
    GradientFlow(network, linear, data, Loss::squared, Reduction::sum, {Parameterization::ntk, 1}, tolerance).follow(start, times, [&](std::size_t, const std::vector<double>& p) { seen.push_back(p); });
  };
  follow(1e-6, loose);
  follow(1e-11, tight);
  double w = w0, v = v0;
  const int steps = 20000;
  for (int k = 0; k < steps; ++k) {
    const double h = 2.0 / steps;
    const auto f = [](double a, double b) { return std::pair{-(a * b - 2) * b, -(a * b - 2) * a}; };
    const auto [k1, l1] = f(w, v);
    const auto [k2, l2] = f(w + h / 2 * k1, v + h / 2 * l1);
    const auto [k3, l3] = f(w + h / 2 * k2, v + h / 2 * l2);
    const auto [k4, l4] = f(w + h * k3, v + h * l3);
    w += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    v += h / 6 * (l1 + 2 * l2 + 2 * l3 + l4);
  }
  REQUIRE(tight.size() == 2);
  CHECK(std::abs(tight[1][0] - w) < 1e-9);
  CHECK(std::abs(tight[1][2] - v) < 1e-9);
  CHECK(std::abs(tight[1][0] * tight[1][0] - tight[1][2] * tight[1][2] - (w0 * w0 - v0 * v0)) < 1e-9);
  CHECK(tight[1][1] == 0);  // no biases in the architecture: they stay
  CHECK(std::abs(loose[1][0] - w) < 1e-4);
  CHECK(std::abs(loose[1][0] - w) > std::abs(tight[1][0] - w));
}
