// SPDX-License-Identifier: GPL-3.0-or-later
#include "idle_flags.hpp"

#include <algorithm>
#include <functional>

#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace {

/// Questions about what was typed. Values that make no sense are refused where they are read, not here.
class Typed {
 public:
  explicit Typed(const TypedFlags& flags) : flags_(flags) {}

  bool has(const std::string& flag) const { return flags_.contains(flag); }
  std::string value(const std::string& flag) const {
    const auto found = flags_.find(flag);
    return found == flags_.end() || found->second.empty() ? "" : found->second.back();
  }
  /// Is the word one of the list between commas, "nngp" of "nngp,ntk"?
  bool names(const std::string& flag, const std::string& word) const { return (',' + value(flag) + ',').find(',' + word + ',') != std::string::npos; }
  bool starts(const std::string& flag, const std::string& with) const { return value(flag).starts_with(with); }

  /// One hidden layer alone, whether by --depth, by the number of activations or, where widths give the depth, by that of the widths.
  bool is_shallow(bool widths_give_depth) const {
    if (has("--depth")) return value("--depth") == "1";
    const auto activations = flags_.find("--activation");
    if (activations != flags_.end() && activations->second.size() > 1) return false;
    return !widths_give_depth || value("--widths").find(',') == std::string::npos;
  }

 private:
  const TypedFlags& flags_;
};

/// Flags that change nothing where `idle`: `because` completes "--flag: ..", `or_else` "leave it out, or ..".
struct Rule {
  bool idle;
  std::vector<std::string> flags;
  std::string because, or_else = {};
};
using Rules = std::vector<Rule>;

const std::vector<std::string> of_training = {"--parameterization", "--widths"};
const std::vector<std::string> of_layers = {"--depth", "--layers", "--sigma-w2", "--sigma-b2", "--input-scaling", "--residual", "--parameterization", "--widths"};
const char* const ntk_alone = "what is trained matters to the tangent kernel alone, which is not asked for";

Rule no_residual(const Typed& t, bool widths_give_depth) {
  return {t.is_shallow(widths_give_depth), {"--residual"}, "it connects hidden layers, and there is one", "ask for more with --depth"};
}
bool is_network(const Typed& t) { return !t.has("--kernel") || t.starts("--kernel", "arc-cosine:"); }

Rules of_metric(const Typed& t) {
  return {{!is_network(t), of_layers, t.value("--kernel") + " has no layers"},
          {t.has("--kernel"), of_training, "what is trained matters to the tangent kernel alone, and " + t.value("--kernel") + " is none"},
          {t.value("--of") != "ntk", of_training, ntk_alone, "add --of ntk"},
          no_residual(t, false)};
}

Rules of_kernel(const Typed& t) {
  const bool files = t.has("--data") || t.has("--data2"), ntk = t.has("--of") ? t.names("--of", "ntk") : !t.has("--kernel");
  return {{!is_network(t), of_layers, t.value("--kernel") + " has no layers"},
          {!is_network(t), {"--of"}, t.value("--kernel") + " is one kernel; --of chooses among those of a network"},
          {!is_network(t) && t.value("--engine") != "ball", {"--engine"}, t.value("--kernel") + " is one formula, which is computed in balls"},
          {files, {"--digits"}, "Gram matrices of data files are in double precision", "give two points, --x and --y, for proven digits"},
          {files && t.value("--engine") != "double", {"--engine"}, "Gram matrices of data files are in double precision", "give two points, --x and --y, for proven digits"},
          {!files, {"--threads"}, "threads work on Gram matrices; the kernels of two points are computed by one"},
          {!ntk, of_training, ntk_alone, "add --of ntk"},
          no_residual(t, false)};
}

Rules of_predict(const Typed& t) {
  return {{t.value("--of") == "nngp", of_training, "what is trained matters to gradient flow alone (--of ntk); the posterior of --of nngp trains nothing"}, no_residual(t, false)};
}

Rules of_formula(const Typed& t) {
  const std::string quantity = t.value("--quantity");
  const bool map = quantity == "Q" || quantity == "chi", kernel = quantity == "kernel" || quantity == "derivative-kernel" || quantity == "ntk";
  const bool readout = quantity == "ntk" || t.value("--of") == "nngp" || t.value("--of") == "ntk";
  const std::string in_q = quantity + "(q) is a function of the variance q of one unit's input, whatever the network";
  return {{map, {"--of"}, quantity + " is a map of one activation; --of chooses a kernel or its geometry"},
          {map, {"--sigma-w2", "--sigma-b2", "--input-scaling", "--dim"}, in_q},
          {t.has("--limit"), {"--expand"}, "a limit has no named quantities"},
          {kernel, {"--input-scaling", "--dim"}, "kernels are written in q1, q2 and c, the covariance of the first layer's preactivations, which holds the inputs and the weights W^1"},
          {quantity == "derivative-kernel" || quantity == "ntk", {"--of"}, quantity + " is one kernel", "ask for --quantity kernel"},
          {kernel && !readout && t.is_shallow(false), {"--sigma-w2", "--sigma-b2"},
           "the kernel of one hidden layer's features is written in q1, q2 and c, which hold the variances of W^1 and b^1", "ask for the outputs' kernel, --of nngp"},
          {quantity == "metric" && t.value("--input-scaling") != "fan-in", {"--dim"}, "A and B depend on the dimension with --input-scaling fan-in alone"}};
}

Rules of_verify(const Typed& t) {
  if (t.has("documents")) {
    return {{true, {"--expect-factor", "--depth", "--sigma-w2", "--sigma-b2", "--input-scaling", "--assume", "--of", "--dim"}, "the claims of a document have flags of their own, before their '='"}};
  }
  static const std::vector<std::string> maps = {"Q", "chi", "P", "dQ", "dchi"}, kernels = {"kernel", "derivative-kernel", "ntk"};
  const auto one_of = [quantity = t.value("--quantity")](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), quantity) != list.end(); };
  const bool map = one_of(maps), kernel = one_of(kernels);
  const bool readout = t.value("--quantity") == "ntk" || t.value("--of") == "nngp" || t.value("--of") == "ntk";
  return {{map, {"--sigma-w2", "--sigma-b2", "--input-scaling", "--dim"}, t.value("--quantity") + " is a function of the variance q of one unit's input, whatever the network"},
          {map, {"--of"}, t.value("--quantity") + " is a map of one activation; --of chooses a kernel or its geometry"},
          {kernel, {"--input-scaling", "--dim"}, "kernels are written in q1, q2 and c, the covariance of the first layer's preactivations, which holds the inputs and the weights W^1"},
          {kernel && t.value("--quantity") != "kernel", {"--of"}, t.value("--quantity") + " is one kernel", "ask for --quantity kernel"},
          {kernel && !readout && t.is_shallow(false), {"--sigma-w2", "--sigma-b2"},
           "the kernel of one hidden layer's features is written in q1, q2 and c, which hold the variances of W^1 and b^1", "ask for the outputs' kernel, --of nngp"}};
}

Rules of_validate(const Typed& t) {
  if (t.has("--weights") || t.has("--no-readout")) return {};  // refused there
  return {{t.has("--of") && !t.names("--of", "ntk"), {"--parameterization"}, ntk_alone, "add ntk to --of"},
          {t.has("--convergence") || t.has("--figure"), {"--alpha"}, "it is the verdict's, and convergence has none"},
          no_residual(t, true)};
}

Rules of_symmetry(const Typed& t) {
  return {{!t.has("--widths"), {"--draws", "--alpha", "--threads"}, "it is about networks drawn at random, and without --widths the limit of infinite width is looked at", "add --widths"},
          no_residual(t, true)};
}

Rules of_train(const Typed& t) {
  if (t.has("--validate")) {
    return {{true,
             {"--parameterization", "--gamma", "--loss", "--reduction", "--optimiser", "--rate", "--momentum", "--decay", "--batch", "--epochs", "--schedule", "--warmup", "--record", "--grid", "--window",
              "--line", "--plane", "--curvature", "--spectrum", "--all-layers", "--save", "--figure"},
             "--validate trains by gradient flow, and looks at the point --at alone"},
            {!t.has("--train"), {"--labels"}, "it belongs to the points of --train", "give them too"},
            {!t.has("--mnist") && !t.has("--cifar"), {"--images"}, "it is about the images of --mnist and --cifar"}};
  }
  const bool aside = t.has("--line") || t.has("--plane"), nowhere = !aside && t.value("--grid") == "0", kept = t.has("--save") || t.has("--checkpoint");
  return {{true, {"--at", "--times", "--draws", "--noise", "--alpha"}, "it is about the theory of training", "add --validate"},
          {!t.has("--train"), {"--labels"}, "it belongs to the points of --train", "give them too"},
          {!t.has("--mnist") && !t.has("--cifar"), {"--images"}, "it is about the images of --mnist and --cifar"},
          {t.value("--optimiser") == "adam", {"--momentum"}, "it is that of sgd; adam has its own"},
          {aside, {"--window"}, "it is the square's, and the geometry is recorded on --line or --plane"},
          {nowhere, {"--window", "--curvature", "--spectrum", "--all-layers"}, "with --grid 0 no geometry is recorded"},
          {!kept && !t.has("--figure"), {"--curvature"}, "it is in figures and files", "add --figure or --save"},
          {t.has("--line") && !kept && !t.has("--figure"), {"--line", "--grid"}, "what is recorded along a line is in figures and files", "add --figure or --save"},
          {!aside && (t.has("--mnist") || t.has("--cifar")), {"--grid", "--window"}, "images are no points of a plane", "look at a --line or a --plane through some of them"},
          {!kept, {"--spectrum", "--all-layers"}, "it is in files", "add --save"},
          {t.is_shallow(true), {"--all-layers"}, "there is one hidden layer"},
          {t.value("--sigma-b2") == "none", {"--sigma-b2"}, "every layer has biases that are trained; they begin at 0 with --sigma-b2 0"},
          no_residual(t, true)};
}

Rules of_reproduce(const Typed& t) {
  return {{t.value("study") != "digits", {"--points", "--labels"}, "it is about the study of digits; the others make their own data"},
          {t.value("study") == "digits", {"--seeds"}, "the study of digits is of one seed"}};
}

}  // namespace

void refuse_idle_flags(const std::string& command, const TypedFlags& flags) {
  static const std::map<std::string, std::function<Rules(const Typed&)>> rules_of = {
      {"metric", of_metric},     {"kernel", of_kernel},     {"predict", of_predict}, {"formula", of_formula},     {"verify", of_verify},
      {"validate", of_validate}, {"symmetry", of_symmetry}, {"train", of_train},     {"reproduce", of_reproduce}};
  const auto found = rules_of.find(command);
  if (found == rules_of.end()) return;
  const Typed typed(flags);
  for (const Rule& rule : found->second(typed)) {
    if (!rule.idle) continue;
    for (const std::string& flag : rule.flags) {
      if (typed.has(flag)) throw UsageError(flag + ": " + rule.because + "; leave it out" + (rule.or_else.empty() ? "" : ", or " + rule.or_else));
    }
  }
}

}  // namespace infwidth::cli
