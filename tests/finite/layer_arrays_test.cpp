// SPDX-License-Identifier: GPL-3.0-or-later
// Archives as public code writes them: names and shapes alone.
#include "infwidth/finite/layer_arrays.hpp"

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

using Arrays = std::vector<NamedShape>;
using Names = std::vector<std::string>;

/// "W1, b1; W2 | outputs x inputs, by the shapes | left out", or the refusal.
std::string found(const Arrays& arrays, const ArrayChoice& choice = {}) {
  try {
    const LayerArrays r = layer_arrays(arrays, choice, "net.npz");
    std::string text = r.text() + " | " + to_string(r.layout) + ", " + r.layout_by;
    for (const std::string& name : r.left_out) text += " | " + name;
    return text;
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// Of a chain d -> n -> .. : weights and biases under the names, in turn, in one of the two layouts.
Arrays chain(const Names& weights, const Names& biases, const std::vector<std::uint64_t>& sizes, bool transposed = false) {
  Arrays arrays;
  for (std::size_t l = 0; l < weights.size(); ++l) {
    arrays.push_back({weights[l], transposed ? std::vector{sizes[l], sizes[l + 1]} : std::vector{sizes[l + 1], sizes[l]}});
    if (l < biases.size()) arrays.push_back({biases[l], {sizes[l + 1]}});
  }
  return arrays;
}

constexpr bool transposed = true;

}  // namespace

TEST_CASE("the names that public code gives its arrays are read", "[weights]") {
  const std::vector<std::uint64_t> sizes = {2, 5, 4, 1};
  const std::string torch = " | outputs x inputs, by the shapes", keras = " | inputs x outputs, by the shapes";
  CHECK(found(chain({"W1", "W2", "W3"}, {"b1", "b2", "b3"}, sizes)) == "W1, b1; W2, b2; W3, b3" + torch);
  CHECK(found(chain({"W0", "W1", "W2"}, {"b0", "b1", "b2"}, sizes)) == "W0, b0; W1, b1; W2, b2" + torch);
  CHECK(found(chain({"w1", "w2", "w3"}, {"b1", "b2", "b3"}, sizes, transposed)) == "w1, b1; w2, b2; w3, b3" + keras);
  CHECK(found(chain({"W_1", "W_2", "W_3"}, {"b_1", "b_2", "b_3"}, sizes, transposed)) == "W_1, b_1; W_2, b_2; W_3, b_3" + keras);
  CHECK(found(chain({"weights1", "weights2", "weights3"}, {"bias1", "bias2", "bias3"}, sizes)) ==
        "weights1, bias1; weights2, bias2; weights3, bias3" + torch);
  CHECK(found(chain({"coefs_0", "coefs_1", "coefs_2"}, {"intercepts_0", "intercepts_1", "intercepts_2"}, sizes, transposed)) ==
        "coefs_0, intercepts_0; coefs_1, intercepts_1; coefs_2, intercepts_2" + keras);
  CHECK(found(chain({"0.weight", "2.weight", "4.weight"}, {"0.bias", "2.bias", "4.bias"}, sizes)) ==
        "0.weight, 0.bias; 2.weight, 2.bias; 4.weight, 4.bias" + torch);
  CHECK(found(chain({"module.net.0.weight", "module.net.2.weight"}, {"module.net.0.bias"}, sizes)) ==
        "module.net.0.weight, module.net.0.bias; module.net.2.weight" + torch);
  CHECK(found(chain({"fc1.weight", "fc2.weight", "head.weight"}, {"fc1.bias", "fc2.bias", "head.bias"}, sizes)) ==
        "fc1.weight, fc1.bias; fc2.weight, fc2.bias; head.weight, head.bias" + torch);
  CHECK(found(chain({"dense/kernel:0", "dense_1/kernel:0", "dense_2/kernel:0"}, {"dense/bias:0", "dense_1/bias:0", "dense_2/bias:0"}, sizes,
                    transposed)) ==
        "dense/kernel:0, dense/bias:0; dense_1/kernel:0, dense_1/bias:0; dense_2/kernel:0, dense_2/bias:0" + keras);
  CHECK(found(chain({"params/Dense_0/kernel", "params/Dense_1/kernel"}, {"params/Dense_0/bias", "params/Dense_1/bias"}, sizes,
                    transposed)) == "params/Dense_0/kernel, params/Dense_0/bias; params/Dense_1/kernel, params/Dense_1/bias" + keras);
  CHECK(found(chain({"mlp/~/linear_0/w", "mlp/~/linear_1/w"}, {"mlp/~/linear_0/b", "mlp/~/linear_1/b"}, sizes, transposed)) ==
        "mlp/~/linear_0/w, mlp/~/linear_0/b; mlp/~/linear_1/w, mlp/~/linear_1/b" + keras);
  CHECK(found(chain({"l1_W", "l2_W"}, {"l1_b", "l2_b"}, sizes)) == "l1_W, l1_b; l2_W, l2_b" + torch);
  CHECK(found(chain({"W_in", "W_out"}, {"b_in", "b_out"}, sizes)) == "W_in, b_in; W_out, b_out" + torch);
  CHECK(found(chain({"arr_0", "arr_2", "arr_4"}, {"arr_1", "arr_3", "arr_5"}, sizes, transposed)) ==
        "arr_0, arr_1; arr_2, arr_3; arr_4, arr_5" + keras);
  CHECK(found(chain({"arr_0", "arr_2", "arr_3"}, {"arr_1"}, sizes)) == "arr_0, arr_1; arr_2; arr_3" + torch);
  CHECK(found({{"arr_0", {2, 5}}, {"arr_1", {5, 1}}, {"arr_2", {5}}, {"arr_3", {1}}}) ==
        "arr_0, arr_2; arr_1, arr_3" + keras);  // np.savez(file, *coefs, *intercepts)
  CHECK_THAT(found({{"arr_0", {5, 2}}, {"arr_1", {1, 5}}}),
             ContainsSubstring("fit together as arr_0 and as arr_0, arr_1"));  // a row of biases, or a layer
  CHECK(found({{"arr_0", {2, 5}}, {"arr_1", {1, 5}}, {"arr_2", {5, 1}}, {"arr_3", {1, 1}}}) ==
        "arr_0, arr_1; arr_2, arr_3" + keras);  // biases as rows
}

TEST_CASE("layers stand in the order of their numbers, or in the one in which they fit", "[weights]") {
  // As a dictionary sorted by its keys has them.
  CHECK(found({{"0.bias", {5}}, {"0.weight", {5, 2}}, {"10.bias", {1}}, {"10.weight", {1, 4}}, {"2.bias", {4}}, {"2.weight", {4, 5}}}) ==
        "0.weight, 0.bias; 2.weight, 2.bias; 10.weight, 10.bias | outputs x inputs, by the shapes");
  CHECK(found({{"dense/kernel", {3, 3}}, {"dense_10/kernel", {3, 3}}, {"dense_2/kernel", {3, 3}}}) ==
        "dense/kernel; dense_2/kernel; dense_10/kernel | inputs x outputs, by the names");
  CHECK(found({{"hidden.bias", {5}},
               {"hidden.weight", {5, 5}},
               {"input.bias", {5}},
               {"input.weight", {5, 2}},
               {"out.bias", {1}},
               {"out.weight", {1, 5}}}) ==
        "input.weight, input.bias; hidden.weight, hidden.bias; out.weight, out.bias | outputs x inputs, by the shapes");
  // With five inputs two orders fit. The file's own is taken, unless the alphabet has made it.
  const Arrays sorted = {{"hidden.bias", {5}},     {"hidden.weight", {5, 5}}, {"input.bias", {5}},
                         {"input.weight", {5, 5}}, {"out.bias", {1}},         {"out.weight", {1, 5}}};
  CHECK_THAT(
      found(sorted),
      ContainsSubstring(
          "net.npz: its layers fit together as hidden.weight, input.weight, out.weight and as input.weight, hidden.weight, out.weight") &&
          ContainsSubstring("say the order: --arrays hidden.weight,hidden.bias,input.weight"));
  CHECK(found({sorted[3], sorted[2], sorted[1], sorted[0], sorted[5], sorted[4]}) ==
        "input.weight, input.bias; hidden.weight, hidden.bias; out.weight, out.bias | outputs x inputs, by the shapes");
  CHECK(found(sorted, {.arrays = {"input.*", "hidden.*", "out.*"}}) ==
        "input.weight, input.bias; hidden.weight, hidden.bias; out.weight, out.bias | outputs x inputs, by the shapes");
  CHECK(found({{"blocks.0.fc.weight", {5, 2}}, {"blocks.0.proj.weight", {4, 5}}, {"head.weight", {1, 4}}}) ==
        "blocks.0.fc.weight; blocks.0.proj.weight; head.weight | outputs x inputs, by the names");
}

TEST_CASE("two networks in one file are not chained into one", "[weights]") {
  Arrays both = chain({"actor.0.weight", "actor.2.weight"}, {"actor.0.bias", "actor.2.bias"}, {2, 8, 2});
  for (const NamedShape& a : chain({"critic.0.weight", "critic.2.weight"}, {"critic.0.bias", "critic.2.bias"}, {2, 8, 1}))
    both.push_back(a);
  CHECK_THAT(found(both),
             ContainsSubstring("several networks, or parts of one: actor.0.weight to actor.2.weight, critic.0.weight to critic.2.weight") &&
                 ContainsSubstring("--arrays 'actor.*'") && ContainsSubstring("--arrays 'actor.*,critic.*'"));
  CHECK(found(both, {.arrays = {"actor.*"}}) ==
        "actor.0.weight, actor.0.bias; actor.2.weight, actor.2.bias | outputs x inputs, by the shapes | critic.0.weight | critic.0.bias | "
        "critic.2.weight | critic.2.bias");
  CHECK(found(both, {.arrays = {"actor.*", "critic.*"}}) ==
        "actor.0.weight, actor.0.bias; actor.2.weight, actor.2.bias; critic.0.weight, critic.0.bias; critic.2.weight, critic.2.bias | "
        "outputs x inputs, by the shapes");
  CHECK_THAT(found(both, {.arrays = {"agent.*"}}),
             ContainsSubstring("has no array agent.*, whatever follows") && ContainsSubstring("its arrays are actor.0.weight"));
  CHECK_THAT(found({{"q1.0.weight", {8, 1}}, {"q1.2.weight", {1, 8}}, {"q2.0.weight", {8, 1}}, {"q2.2.weight", {1, 8}}}),
             ContainsSubstring("several networks"));
  CHECK_THAT(found({{"trunk.0.weight", {8, 2}}, {"trunk.2.weight", {8, 8}}, {"policy.weight", {8, 8}}, {"value.weight", {1, 8}}}),
             ContainsSubstring("several networks"));
  CHECK_THAT(found({{"actor_W1", {8, 2}}, {"actor_W2", {2, 8}}, {"critic_W1", {8, 2}}, {"critic_W2", {1, 8}}}),
             ContainsSubstring("several networks"));
  CHECK_THAT(found({{"arr_0", {2, 8}},
                    {"arr_1", {8}},
                    {"arr_2", {8, 1}},
                    {"arr_3", {1}},
                    {"arr_4", {2, 8}},
                    {"arr_5", {8}},
                    {"arr_6", {8, 3}},
                    {"arr_7", {3}}}),
             ContainsSubstring("array arr_4: is 2 x 8, and arr_2 before it is 8 x 1"));
}

TEST_CASE("an array that is no layer's is named, and can be left out", "[weights]") {
  Arrays arrays = chain({"W1", "W2"}, {"b1", "b2"}, {2, 5, 1});
  arrays.push_back({"test_acc", {}});
  CHECK_THAT(found(arrays), ContainsSubstring("net.npz: has an array test_acc (one number), which no layer of a fully connected network "
                                              "has; leave it out (--without test_acc)"));
  CHECK(found(arrays, {.without = {"test_acc"}}) == "W1, b1; W2, b2 | outputs x inputs, by the shapes | test_acc");
  CHECK(found(arrays, {.arrays = {"W1", "b1", "W2", "b2"}}) == "W1, b1; W2, b2 | outputs x inputs, by the shapes | test_acc");
  arrays.push_back({"loss_history", {100}});
  CHECK_THAT(found(arrays),
             ContainsSubstring("has arrays test_acc, loss_history, which") && ContainsSubstring("(--without test_acc,loss_history)"));
  arrays.back() = {"activation", {}, "net.npz, array activation: its entries are of the type '<U4'"};
  CHECK_THAT(found(arrays, {.without = {"test_acc"}}), ContainsSubstring("'<U4', or leave the array out (--without activation)"));
  CHECK(found(arrays, {.without = {"test_acc", "activation"}}) ==
        "W1, b1; W2, b2 | outputs x inputs, by the shapes | test_acc | activation");
  CHECK_THAT(found(arrays, {.without = {"acc"}}), ContainsSubstring("has no array acc, which --without names"));
  CHECK_THAT(found(arrays, {.without = {"*"}}), ContainsSubstring("no array that is not left out"));
  // Names that say nothing, in the order that the caller says.
  const Arrays unnamed = {{"A", {5, 2}}, {"c", {5}}, {"D", {1, 5}}, {"epoch", {}}};
  CHECK_THAT(found(unnamed), ContainsSubstring("has arrays A, c, D, epoch"));
  CHECK(found(unnamed, {.arrays = {"A", "c", "D"}}) == "A, c; D | outputs x inputs, by the shapes | epoch");
  CHECK_THAT(found({{"arr_0", {5, 2}}, {"arr_1", {}}}), ContainsSubstring("an array arr_1 (one number)"));
  CHECK_THAT(found({{"self_attn.out_proj.weight", {4, 4}}, {"fc.weight", {1, 4}}}),
             ContainsSubstring("by its name (attn) is of a layer that is not fully connected"));
  CHECK_THAT(found({{"fc.weight", {1, 4}}, {"fc.w", {1, 4}}}), ContainsSubstring("fc.weight and fc.w, both the weights of one layer"));
}

TEST_CASE("a layout that nothing tells is refused", "[weights]") {
  const Arrays square = chain({"W1", "W2"}, {"b1", "b2"}, {3, 3, 3});
  CHECK_THAT(found(square), ContainsSubstring("array W1: is 3 x 3, and neither shapes nor names tell") &&
                                ContainsSubstring("--layout outputs-inputs") && ContainsSubstring("--layout inputs-outputs"));
  CHECK(found(square, {.layout = WeightLayout::inputs_by_outputs}) == "W1, b1; W2, b2 | inputs x outputs, given");
  CHECK(found(chain({"0.weight", "1.weight"}, {}, {3, 3, 3})) == "0.weight; 1.weight | outputs x inputs, by the names");
  CHECK(found(chain({"Dense_0/kernel", "Dense_1/kernel"}, {}, {3, 3, 3})) ==
        "Dense_0/kernel; Dense_1/kernel | inputs x outputs, by the names");
  CHECK_THAT(found({{"arr_0", {3, 3}}, {"arr_1", {3}}}), ContainsSubstring("array arr_0: is 3 x 3"));
  // One matrix without biases fits both ways; a point's length decides.
  CHECK_THAT(found({{"W", {5, 2}}}), ContainsSubstring("array W: is 5 x 2, and neither"));
  CHECK(found({{"W", {5, 2}}}, {.dimension = 2}) == "W | outputs x inputs, by the number of inputs");
  CHECK(found({{"W", {5, 2}}}, {.dimension = 5}) == "W | inputs x outputs, by the number of inputs");
  CHECK_THAT(found(chain({"W1"}, {"b1"}, {2, 5}), {.layout = WeightLayout::inputs_by_outputs}),
             ContainsSubstring("b1 has 5 biases, which do not fit it as inputs x outputs; leave --layout out"));
  // Shapes count more than the habit of a word.
  CHECK(found(chain({"dense/kernel"}, {"dense/bias"}, {2, 5})) == "dense/kernel, dense/bias | outputs x inputs, by the shapes");
}
