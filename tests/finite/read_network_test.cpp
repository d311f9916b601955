// SPDX-License-Identifier: GPL-3.0-or-later
// The metric of the first case is NumPy's: J = diag(phi') W2 diag(phi') W1, J^T J / 2; in mpmath: tests/reference/inline_answers.py.
#include "infwidth/finite/read_network.hpp"

#include <array>
#include <cmath>

#include "catch.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/finite/measured_variances.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/exact_rational.hpp"
#include "infwidth/real/functions.hpp"
#include "support/memory.hpp"
#include "support/zip.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<double> W1 = {0.5, -1, 1.5, 0.25, -0.75, 2}, b1 = {0.125, -0.5, 0.25}, W2 = {1, -0.5, 0.25, 0.75, 1.25, -1}, b2 = {0, 0.375}, W3 = {2, -3};

ZipMember array(const std::string& name, const std::vector<std::uint64_t>& shape, const std::vector<double>& values) {
  ZipMember m;
  m.name = name + ".npy";
  m.bytes = npy_bytes(shape, values);
  return m;
}
std::vector<ZipMember> members() {
  return {array("W1", {3, 2}, W1), array("b1", {3}, b1), array("W2", {2, 3}, W2), array("b2", {2}, b2), array("W3", {1, 2}, W3)};
}

FiniteNetwork read(const std::vector<ZipMember>& of, std::vector<const char*> activations = {"tanh"}, bool readout = true) {
  NetworkFileOptions options{{}, readout};
  for (const char* name : activations) options.activations.push_back(Activation::from_text(name));
  return read_network(NpzFile(source_of(zip_file(of), "net.npz")), "net.npz", options).network;
}
std::string refusal(const std::vector<ZipMember>& of, std::vector<const char*> activations = {"tanh"}, bool readout = true) {
  try {
    read(of, std::move(activations), readout);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a network of a file has the metric that NumPy gives it", "[finite][weights]") {
  const FiniteNetwork network = read(members());
  CHECK(shape_text(network) == "2-3-2, readout 1");
  CHECK(network.layers[2].biases == std::vector<double>{0});
  const std::vector<double> x = {0.6, 0.8};
  const FiniteGeometry g = finite_geometry(network, {x.data(), 1, 2}, {.volume = true});
  const double want[] = {1.63080628358866, -0.7263787759260448, -0.7263787759260448, 0.628128243012957}, log_volume = -0.34985497475861216;
  for (std::size_t k = 0; k < 4; ++k) CHECK(std::abs(g.metric[k] - want[k]) < 1e-14);
  CHECK(std::abs(g.log_volume[0] - log_volume) < 1e-12);
  // The same network, not from a file.
  FiniteNetwork own;
  own.activations = network.activations;
  own.layers = {{3, 2, W1, b1}, {2, 3, W2, b2}};
  CHECK(finite_geometry(own, {x.data(), 1, 2}, {}).metric == g.metric);
}

TEST_CASE("PyTorch's names are read in the archive's order", "[finite][weights]") {
  const FiniteNetwork numbered = read(members());
  for (const auto& [first, second, third] : {std::array{"0", "2", "4"}, {"net.0", "net.2", "net.10"}, {"fc1", "fc2", "out"}, {"layer1.0", "layer2.0", "head"}}) {
    CAPTURE(first, second);
    const std::string a = first, b = second, c = third;
    const FiniteNetwork network = read({array(a + ".weight", {3, 2}, W1), array(a + ".bias", {3}, b1), array(b + ".weight", {2, 3}, W2), array(b + ".bias", {2}, b2), array(c + ".weight", {1, 2}, W3)});
    REQUIRE(network.layers.size() == 3);
    for (std::size_t l = 0; l < 3; ++l) {
      CHECK(network.layers[l].weights == numbered.layers[l].weights);
      CHECK(network.layers[l].biases == numbered.layers[l].biases);
    }
  }
  // Numbers are the layers' order in any order of the file.
  CHECK(read({array("2.weight", {2, 2}, {1, 2, 3, 4}), array("0.weight", {2, 2}, {5, 6, 7, 8})}).layers[0].weights == std::vector<double>{5, 6, 7, 8});
  CHECK_THAT(refusal({array("0.weight", {3, 2}, W1), array("1.weight", {3}, b1), array("1.running_mean", {3}, b1)}),
             ContainsSubstring("an array 1.running_mean (3), which no layer of a fully connected network has; leave it out (--without 1.running_mean)"));
  CHECK_THAT(refusal({array("0.weight", {3, 2}, W1), array("1.weight", {3}, b1)}), ContainsSubstring("array 1.weight: has 1 axis") && ContainsSubstring("normalization"));
  CHECK_THAT(refusal({array("0.weight", {1, 1, 3, 2}, W1)}), ContainsSubstring("has 4 axes") && ContainsSubstring("convolutions are not read here"));
  CHECK_THAT(refusal({array("0.bias", {3}, b1)}), ContainsSubstring("has an array 0.bias and no 0.weight"));
}

TEST_CASE("a network is the same with matrices of inputs x outputs", "[finite][weights]") {
  const FiniteNetwork numbered = read(members());
  const std::vector<double> V1 = {0.5, 1.5, -0.75, -1, 0.25, 2}, V2 = {1, 0.75, -0.5, 1.25, 0.25, -1};  // transposed
  for (const auto& names : {std::array{"W1", "b1", "W2", "b2", "W3"}, {"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias", "dense_2/kernel"}, {"arr_0", "arr_1", "arr_2", "arr_3", "arr_4"}}) {
    const FiniteNetwork network = read({array(names[0], {2, 3}, V1), array(names[1], {3}, b1), array(names[2], {3, 2}, V2), array(names[3], {2}, b2), array(names[4], {2, 1}, W3)});
    REQUIRE(network.layers.size() == 3);
    for (std::size_t l = 0; l < 3; ++l) {
      CAPTURE(names[0], l);
      CHECK(network.layers[l].outputs == numbered.layers[l].outputs);
      CHECK(network.layers[l].weights == numbered.layers[l].weights);
      CHECK(network.layers[l].biases == numbered.layers[l].biases);
    }
  }
}

TEST_CASE("which layers are hidden follows from the activations", "[finite][weights]") {
  CHECK(read(members()).depth() == 2);
  CHECK(read(members()).has_readout());
  CHECK(shape_text(read(members(), {"tanh"}, false)) == "2-3-2-1");
  CHECK(shape_text(read(members(), {"tanh", "erf"})) == "2-3-2, readout 1");
  CHECK(read(members(), {"tanh", "erf"}).activations[1].name() == "erf");
  CHECK(shape_text(read(members(), {"tanh", "erf", "x"})) == "2-3-2-1");
  CHECK(shape_text(read({array("W1", {3, 2}, W1), array("b1", {3}, b1)})) == "2-3");
  CHECK_THAT(refusal(members(), {"tanh", "tanh", "tanh", "tanh"}), ContainsSubstring("holds 3 layers, and 4 activations are given; give one a hidden layer (2 where the last layer is the readout, else 3)"));
  CHECK_THAT(refusal(members(), {"tanh", "erf"}, false), ContainsSubstring("can only be the readout"));
  CHECK_THAT(refusal(members(), {}), ContainsSubstring("no activation"));
}

TEST_CASE("what does not fit is refused with its place and the cure", "[finite][weights]") {
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("W2", {3, 2}, W2)}), ContainsSubstring("array W2: is 3 x 2, and W1 before it is 3 x 2: they fit together only transposed"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("W2", {1, 5}, {1, 2, 3, 4, 5})}), ContainsSubstring("takes 5 inputs, and gets 3"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("b1", {4}, {1, 2, 3, 4})}), ContainsSubstring("array b1: is 4, where W1 of 3 x 2 (outputs x inputs) wants 3 biases"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("b1", {}, {1})}), ContainsSubstring("array b1: is one number"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("W3", {1, 3}, b1)}), ContainsSubstring("has an array W3 and no W2"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("b2", {3}, b1)}), ContainsSubstring("has an array b2 and no W2"));
  CHECK_THAT(refusal({array("W2", {3, 2}, W1)}), ContainsSubstring("has an array W2 and no W1"));
  CHECK_THAT(refusal({array("W1", {3, 2}, W1), array("b1", {2}, b2), array("W2", {2, 3}, W2), array("b2", {2}, b2)}), ContainsSubstring("array W2: is 2 x 3") && ContainsSubstring("only transposed"));
  std::vector<double> bad = W1;
  bad[3] = NAN;
  CHECK_THAT(refusal({array("W1", {3, 2}, bad), array("b1", {3}, b1)}), ContainsSubstring("array W1: row 2, column 2: nan is not a finite number; a network that has diverged"));
  // A bias of one row or one column is a vector.
  CHECK(read({array("W1", {3, 2}, W1), array("b1", {1, 3}, b1)}).layers[0].biases == b1);
  CHECK(read({array("W1", {3, 2}, W1), array("b1", {3, 1}, b1)}).layers[0].biases == b1);
}

TEST_CASE("variances measured from the weights", "[finite][weights]") {
  const Architecture like = measured_architecture(read(members()));
  const auto near = [](const Rational& a, double b) { return std::abs(constant<double>(a) - b) < 1e-15; };
  CHECK(near(like.sigma_w2[0], (0.25 + 1 + 2.25 + 0.0625 + 0.5625 + 4) / 6));
  CHECK(near(like.sigma_w2[1], 3 * (1 + 0.25 + 0.0625 + 0.5625 + 1.5625 + 1) / 6));
  CHECK(near(like.sigma_w2[2], 2 * (4.0 + 9) / 2));
  CHECK(near(like.sigma_b2[0], (0.015625 + 0.25 + 0.0625) / 3));
  CHECK(near(like.sigma_b2[1], 0.140625 / 2));
  CHECK(like.sigma_b2[2] == 0);
  CHECK(measured_architecture(read(members(), {"tanh"}, false)).sigma_w2[3] == 1);
  // A network that was drawn has the variances that it was drawn with: 4 standard errors.
  const Architecture drawn = make_architecture(2, {Activation::from_text("tanh")}, {Rational(3, 2)}, {Rational(1, 10)});
  const Architecture found = measured_architecture(NetworkEnsemble(drawn, {400, 300}, 5, 1).network(0));
  CHECK(std::abs(constant<double>(found.sigma_w2[0]) / 1.5 - 1) < 4 * std::sqrt(2.0 / 2000));
  CHECK(std::abs(constant<double>(found.sigma_w2[1]) / 1.5 - 1) < 4 * std::sqrt(2.0 / 120000));
  CHECK(std::abs(constant<double>(found.sigma_b2[1]) / 0.1 - 1) < 4 * std::sqrt(2.0 / 300));
  CHECK_THROWS_AS(measured_architecture(read({array("W1", {1, 2}, {0, 0}), array("b1", {1}, {0})})), NoSuchQuantity);
  // Out of range only after the product with the number of inputs.
  CHECK_THROWS_AS(measured_architecture(read({array("W1", {3, 2}, W1), array("W2", {1, 3}, {1.1e154, 1.1e154, 1.1e154})})), NoSuchQuantity);
  CHECK_THROWS_AS(measured_architecture(read({array("W1", {3, 2}, W1), array("b1", {3}, {1e160, 0, 0})})), NoSuchQuantity);
  CHECK_NOTHROW(measured_architecture(read({array("W1", {3, 2}, W1), array("W2", {1, 3}, {1e153, 1e153, 1e153})})));
  CHECK(exact_rational(0.375) == Rational(3, 8));
  for (const double x : {double(INFINITY), -double(INFINITY), double(NAN)}) CHECK_THROWS_AS(exact_rational(x), std::domain_error);
}
