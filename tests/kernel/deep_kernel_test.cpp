// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/refine.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"

using namespace infwidth;

namespace {

constexpr int reference_digits = 30;

struct Row {
  std::string activation;
  int depth = 0;
  Rational w, b, xx, yy, xy;
  std::string nngp, ntk, derivative;
};

/// tests/reference/kernels.csv
std::vector<Row> reference() {
  std::ifstream file(source_folder() / "tests/reference/kernels.csv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("activation,", 0) == 0) continue;
    std::istringstream fields(line);
    const auto next = [&] {
      std::string field;
      std::getline(fields, field, ',');
      return field;
    };
    Row row;
    row.activation = next();
    row.depth = std::stoi(next());
    for (Rational* r : {&row.w, &row.b, &row.xx, &row.yy, &row.xy}) *r = parse_rational(next());
    for (std::string* s : {&row.nngp, &row.ntk, &row.derivative}) *s = next();
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The rows of at most `depth` layers against networks of as many, every layer of which is asked for.
void check_layers(const std::vector<Row>& rows, int depth, int from_depth, long digits) {
  std::map<std::tuple<std::string, Rational, Rational>, NetworkKernel> networks;
  std::map<std::array<Rational, 3>, std::vector<LayerKernel<Ball>>> layers;
  const NetworkKernel* of_layers = nullptr;
  for (const Row& row : rows) {
    if (row.depth > depth || row.depth < from_depth) continue;
    CAPTURE(row.activation, row.depth, row.w, row.b, row.xx, row.yy, row.xy, digits);
    const auto key = std::tuple{row.activation, row.w, row.b};
    auto network = networks.find(key);
    if (network == networks.end())
      network = networks.emplace(key, make_architecture(depth, {Activation::from_text(row.activation)}, {row.w}, {row.b})).first;
    if (of_layers != &network->second) layers.clear();
    of_layers = &network->second;
    std::vector<LayerKernel<Ball>>& of_pair = layers[{row.xx, row.yy, row.xy}];
    if (of_pair.empty()) {
      InputPair input;
      input.xx = row.xx;
      input.yy = row.yy;
      input.xy = row.xy;
      input.dim = 2;
      of_pair = network->second.at(input, {.digits = digits, .all_layers = true});
    }
    const LayerKernel<Ball>& k = of_pair.at(static_cast<std::size_t>(row.depth - 1));
    CHECK(k.proven);
    CHECK_THAT(k.nngp.value, Holds(row.nngp, reference_digits - 1));
    CHECK_THAT(k.ntk.value, Holds(row.ntk, reference_digits - 1));
    CHECK_THAT(k.derivative.value, Holds(row.derivative, reference_digits - 1));
    for (const KernelValue<Ball>* v : {&k.nngp, &k.ntk, &k.derivative}) CHECK(stands(v->value, digits, v->scale));
  }
}

Architecture network(const char* activation, int depth, const char* w, const char* b) {
  return make_architecture(depth, {Activation::from_text(activation)}, {parse_rational(w)}, {parse_rational(b)});
}

}  // namespace

TEST_CASE("kernels between two points hold another program's values layer after layer, in every phase", "[kernel]") {
  const std::vector<Row> rows = reference();
  REQUIRE(rows.size() > 300);
  check_layers(rows, 20, 1, 15);
  check_layers(rows, 5, 1, 28);
}

TEST_CASE("kernels between two points through 100 and 1000 layers", "[kernel][slow]") {
  const std::vector<Row> rows = reference();
  check_layers(rows, 100, 100, 15);
  // All of 1000 layers are computed for each pair: every network has one, of every kind in turn.
  std::vector<Row> deepest;
  constexpr std::size_t pairs = 5;
  std::size_t k = 0;
  for (const Row& row : rows) {
    if (row.depth != 1000) continue;
    if (k % pairs == (k / pairs + 3) % pairs) deepest.push_back(row);
    ++k;
  }
  REQUIRE(k == 12 * pairs);
  REQUIRE(deepest.size() == 12);
  check_layers(deepest, 1000, 1000, 15);
}

TEST_CASE("tanh and silu through 60 layers, in every phase", "[kernel][slow]") {
  // tests/reference/inline_deep_kernels.py
  const struct {
    const char* activation;
    int depth;
    const char *w, *b, *nngp, *ntk;
  } smooth[] = {
      {"tanh", 10, "1", "0", "0.0283574705290", "0.318119984948"},
      {"tanh", 60, "1", "0", "0.00457202490520", "0.280695170949"},
      {"tanh", 10, "1", "0.5", "0.868665966541", "1.69832408758"},
      {"tanh", 60, "1", "0.5", "0.868868731050", "1.70276903817"},
      {"tanh", 10, "4", "0.1", "0.822928168437", "6.33813378859"},
      {"tanh", 60, "4", "0.1", "0.647718876561", "4.61096812907"},
      {"silu", 10, "2", "0", "0.0139571974381", "0.131206336272"},
      {"silu", 60, "1", "0.5", "0.756643796567", "1.18334514981"},
      {"silu", 5, "4", "0.1", "80.7396566238", "268.366834850"},
  };
  for (const auto& row : smooth) {
    CAPTURE(row.activation, row.depth, row.w, row.b);
    const NetworkKernel kernel(network(row.activation, row.depth, row.w, row.b));
    const LayerKernel<Ball> k = kernel.at(InputPair::of({1, 0}, {Rational(3, 5), Rational(4, 5)}))[0];
    CHECK_THAT(k.nngp.value, Holds(row.nngp, 11));
    CHECK_THAT(k.ntk.value, Holds(row.ntk, 11));
    CHECK((stands(k.nngp.value, 15) && stands(k.ntk.value, 15)));
  }
}

TEST_CASE("deep kernels whose precision used to be refused", "[kernel]") {
  const InputPair orthogonal = InputPair::of({1, 0}, {0, 1});
  const LayerKernel<Ball> chaotic = NetworkKernel(network("erf", 60, "4", "1/10")).at(orthogonal)[0];
  CHECK_THAT(chaotic.nngp.value, Holds("0.5373681507229324401435682", 24));
  CHECK(stands(chaotic.nngp.value, 15));
  for (const long digits : {3L, 15L, 100L}) {
    CAPTURE(digits);
    const Ball ordered = NetworkKernel(network("relu", 200, "1", "1/10")).at(orthogonal, {.digits = digits})[0].nngp.value;
    CHECK(stands(ordered, digits));
    if (digits == 100) CHECK_THAT(ordered - ball("1/5"), Holds("3.8474378685203763272e-58", 19));
  }
  const LayerKernel<Ball> critical = NetworkKernel(network("relu", 2000, "2", "0")).at(orthogonal)[0];
  CHECK(stands(critical.nngp.value, 15));
  for (const char* activation : {"gelu", "hardtanh"}) {
    CAPTURE(activation);
    CHECK(stands(NetworkKernel(network(activation, 60, "4", "1/10")).at(orthogonal)[0].ntk.value, 15));
  }
  CHECK(stands(NetworkKernel(network("elu:1", 60, "3/2", "1/10")).at(orthogonal)[0].ntk.value, 15));
}

TEST_CASE("duals whose closed form cancels beyond any precision are integrated", "[kernel]") {
  const InputPair far = InputPair::of({100, 0}, {60, 80});
  const LayerKernel<Ball> elu = NetworkKernel(network("elu:1", 1, "1", "0")).at(far)[0];
  CHECK_THAT(elu.feature.value, Holds("3372.380814830549398351594535", 27));
  CHECK(stands(elu.feature.value, 15));
  const LayerKernel<Ball> selu = NetworkKernel(network("selu", 1, "1", "0")).at(far)[0];
  CHECK(stands(selu.feature.value, 15));
}

TEST_CASE("one layer after another keeps what its points are to each other", "[kernel]") {
  // opposite points of odd and even functions, multiples of homogeneous ones: known from one variable at every depth
  const auto at = [](const char* activation, const InputPair& input) {
    return NetworkKernel(network(activation, 300, "3/2", "0")).at(input, {.digits = 20})[0];
  };
  const InputPair same = InputPair::of({1, 2}, {1, 2}), opposite = InputPair::of({1, 2}, {-1, -2}), threefold = InputPair::of({1, 2}, {3, 6});
  CHECK(at("erf", opposite).nngp.value.overlaps(-at("erf", same).nngp.value));
  CHECK(at("erf", opposite).derivative.value.overlaps(at("erf", same).derivative.value));
  CHECK(at("cos", opposite).nngp.value.overlaps(at("cos", same).nngp.value));
  CHECK(at("leaky_relu:1/3", threefold).nngp.value.overlaps(Ball(3) * at("leaky_relu:1/3", same).nngp.value));
  CHECK(at("abs", threefold).nngp.value.overlaps(Ball(3) * at("abs", same).nngp.value));
  CHECK(NetworkKernel(network("erf", 400, "4", "0")).at(InputPair::of({1, 0}, {0, 1}))[0].nngp.value.is_exact_zero());
}

TEST_CASE("two points that chaos has not yet separated ask for bits, and get them", "[kernel]") {
  const auto value = [](const char* distance) {
    return NetworkKernel(network("sin", 30, "30", "1/10")).at(InputPair::of({1, 0}, {1, parse_rational(distance)}))[0].nngp.value;
  };
  CHECK(stands(value("1e-6"), 15));
  CHECK(stands(value("1e-40"), 15));
  CHECK(stands(value("1e-400"), 15));
  CHECK_THAT(NetworkKernel(network("sin", 10, "30", "0")).at(InputPair::of({1, 0}, {1, parse_rational("1e-6")}), {.digits = 24})[0].nngp.value,
             Holds("8.525864834319167727116167", 23));
}

TEST_CASE("the metric through many layers of large variance", "[geometry][metric]") {
  // GELU beyond q = 1e40: chi -> 1/2, A -> (w/2)^L
  const RadialMetric<Ball> deep = metric_at(network("gelu", 150, "4", "0"), InputPoint::with_norm2(1, 2));
  CHECK(stands(deep.A.value, 15));
  CHECK(stands(deep.curvature_radial.value, 15));
}
