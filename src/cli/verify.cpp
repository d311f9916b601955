// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "idle_flags.hpp"
#include "infwidth/activation/parametric.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/validation/claim.hpp"
#include "ledger.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  ClaimFlags claim;
  std::string claim_file, points, seed;
  std::vector<std::string> documents;
  AnswerFlags answer;
};

constexpr const char* examples =
    "Examples:\n"
    "  infwidth verify --quantity chi --activation erf --claim '4/(pi*sqrt(1+4*q))'\n"
    "      at 8 random fractions q, to 40 digits, against quadrature\n"
    "  infwidth verify --quantity kernel --activation relu --claim 'D = sqrt(q1*q2-c^2); (D + c*(pi/2+atan(c/D)))/(2*pi)'\n"
    "      a part of the formula gets a name first\n"
    "  infwidth verify --quantity curvature --activation erf --sigma-b2 0 --claim '-3*(d-1)*(d+2)*pi*sigma_w2*s/sqrt(1+4*sigma_w2*s)'\n"
    "      disagrees, exit code 5: the claim is 3 times the value\n"
    "  infwidth verify derivations/geometry/curvature.md\n"
    "      the claims of a document, from its blocks fenced as ```verify: lines 'chi erf = 4/(pi*sqrt(1+4*q))', with flags before the '='\n"
    "\n"
    "Letters: q of Q, chi, P = E[phi'^2 z^2], dQ and dchi (derivatives in q); q1, q2, c, the covariance [[q1, c], [c, q2]] of the first layer's\n"
    "preactivations, of kernel, derivative-kernel and ntk (the tangent kernel); s = |x|^2 and the dimension d of metric-A, metric-B (g = A I + B x x^T), metric-radial (A + s B),\n"
    "volume, curvature (the Ricci scalar), curvature-radial and curvature-tangential; sigma_w2 and sigma_b2 of all but the first five.\n"
    "A variance or dimension that the claim names and no flag fixes is drawn at random too, and so are letters of the activation: erf(a*x). Exit code 0: agrees, 5: disagrees.";

constexpr long usual_digits = 40, most_claim_digits = 1000;
constexpr int usual_points = 8;

ClaimedNetwork network_of(const ClaimFlags& flags) {
  ClaimedNetwork network;
  const NetworkFlags& n = flags.network;
  if (n.activations.empty()) throw UsageError("no activation is given; add one, like --activation tanh");
  std::vector<ParametricActivation> activations;
  for (const std::string& text : n.activations) {
    activations.push_back(for_flag("--activation", [&] { return ParametricActivation::from_text(text); }));
    network.given.add(activations.back().given);
    for (const std::string& letter : activations.back().parameters) {
      if (std::find(network.letters.begin(), network.letters.end(), letter) == network.letters.end()) network.letters.push_back(letter);
    }
  }
  for (const std::string& text : flags.assumptions) for_flag("--assume", [&] { assume(network.given, text, network.letters); });
  // Everything but the activations and variances, which may have letters, is the network's usual business.
  NetworkFlags usual = n;
  usual.sigma_w2 = "1";
  usual.sigma_b2 = "0";
  for (std::size_t i = 0; i < activations.size(); ++i) {
    if (!activations[i].parameters.empty()) usual.activations[i] = "x";
  }
  const Architecture shape = usual.architecture();
  network.depth = shape.depth();
  network.activations = [activations, fixed = shape.activations](const Assignment& at) {
    std::vector<Activation> list = fixed;
    for (std::size_t l = 0; l < list.size(); ++l) {
      const ParametricActivation& a = activations[activations.size() == 1 ? 0 : l];
      if (!a.parameters.empty()) list[l] = Activation::from_formula(a.at(at), a.name);
    }
    return list;
  };
  network.input_scaling = shape.input_scaling;
  if (!n.sigma_w2.empty()) network.sigma_w2 = for_flag("--sigma-w2", [&] { return parse_list(n.sigma_w2); });
  if (!n.sigma_b2.empty()) network.sigma_b2 = for_flag("--sigma-b2", [&] { return parse_list(n.sigma_b2); });
  network.of_readout = flags.of == "nngp";
  if (!flags.dim.empty()) network.dim = static_cast<int>(parse_count(flags.dim, 1, 1'000'000, "--dim"));
  return network;
}

std::string description(const ClaimFlags& flags) {
  std::string text;
  for (const std::string& activation : flags.network.activations) text += (text.empty() ? "" : " | ") + activation;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) text += ", " + name + ' ' + value;
  };
  add("depth", flags.network.depth);
  add("sigma_w2 =", flags.network.sigma_w2);
  add("sigma_b2 =", flags.network.sigma_b2);
  if (flags.network.input_scaling != "unit") add("input scaling", flags.network.input_scaling);
  add("of", flags.of);
  add("d =", flags.dim);
  return text;
}

/// A claim with what is expected of it.
struct Job {
  ClaimFlags flags;
  Claim claim;
  std::optional<Claim> expected_factor = {};
};

/// The factor as a formula in letters that the claim has too.
std::optional<Claim> expected_factor(const ClaimFlags& flags, const Claim& claim) {
  if (flags.expected_factor.empty()) return std::nullopt;
  return for_flag("--expect-factor", [&] {
    ClaimedNetwork network = claim.network();
    if (!network.dim) network.dim = claim.least_dimension();  // a factor may well leave d out; where it is drawn, that value comes first
    Claim factor(claim.quantity(), network, flags.expected_factor);
    std::vector<std::string> needed = factor.drawn();
    if (factor.formula().depends_on("d") && !claim.network().dim) needed.emplace_back("d");
    for (const std::string& letter : needed) {
      if (std::find(claim.drawn().begin(), claim.drawn().end(), letter) == claim.drawn().end())
        throw UsageError("the claim does not hold " + letter + "; write the factor in letters of the claim");
    }
    return factor;
  });
}

/// The quantity, where `kernel` leaves it to --of which one it is.
ClaimQuantity quantity_of(const ClaimFlags& flags) {
  const ClaimQuantity quantity = for_flag("--quantity", [&] { return claim_quantity(flags.quantity); });
  const bool kernel = quantity == ClaimQuantity::kernel;
  const std::vector<std::string> words = kernel ? std::vector<std::string>{"feature", "derivative", "nngp", "ntk"} : std::vector<std::string>{"feature", "nngp"};
  if (!flags.of.empty()) (void)choice("--of", flags.of, words);
  return flags.of == "derivative" ? ClaimQuantity::derivative_kernel : flags.of == "ntk" ? ClaimQuantity::ntk : quantity;
}

Job job_of(const ClaimFlags& flags) {
  const auto make = [&]() -> Job {
    const ClaimQuantity quantity = quantity_of(flags);
    refuse_idle_flags("verify", flags.typed());
    Claim claim(quantity, network_of(flags), flags.claim);
    const bool of_metric = quantity == ClaimQuantity::metric_A || quantity == ClaimQuantity::metric_B || quantity == ClaimQuantity::metric_radial;
    if (!flags.dim.empty() && of_metric && claim.network().input_scaling == InputScaling::unit && !claim.formula().depends_on("d"))
      throw UsageError("--dim: " + flags.quantity + " depends on the dimension with --input-scaling fan-in alone; leave it out");
    std::optional<Claim> factor = expected_factor(flags, claim);
    return {flags, std::move(claim), std::move(factor)};
  };
  return flags.source.empty() ? make() : for_flag(flags.source, make);
}

std::vector<Job> jobs_of(const Flags& flags) {
  std::vector<Job> jobs;
  if (!flags.documents.empty()) {
    const ClaimFlags& typed = flags.claim;
    if (!typed.claim.empty() || !flags.claim_file.empty() || !typed.quantity.empty() || !typed.network.activations.empty())
      throw UsageError("give either documents, or --quantity, --activation and --claim");
    for (const std::string& document : flags.documents) {
      for (const ClaimFlags& claim : read_ledger(document)) jobs.push_back(job_of(claim));
    }
    return jobs;
  }
  ClaimFlags claim = flags.claim;
  if (claim.quantity.empty()) throw UsageError("no quantity is given; add one, like --quantity chi, or a document with claims");
  if (claim.claim.empty() == flags.claim_file.empty()) throw UsageError("give the claim: either --claim or --claim-file");
  if (!flags.claim_file.empty()) claim.claim = text_of_file(flags.claim_file);
  jobs.push_back(job_of(claim));
  return jobs;
}

std::string text_of(const Assignment& at) {
  std::string text;
  for (const auto& [letter, value] : at) text += (text.empty() ? "" : ", ") + letter + " = " + to_string(value);
  return text;
}

/// What is wrong with a claim, in words: "it is 3 times the value".
std::string diagnosis(const ClaimVerdict& v) {
  if (v.factor) return "it is " + *v.factor + " times the value";
  if (v.difference) return "it is the value plus " + *v.difference;
  return "";
}

struct Finding {
  const Job& job;
  const ClaimVerdict& verdict;
  long digits;

  bool as_expected() const {
    const std::string& expected = job.flags.expected_factor;
    return expected.empty() ? verdict.agrees() : verdict.as_factor || verdict.factor == expected;
  }
  std::string word() const { return verdict.agrees() ? "agrees" : as_expected() ? "disagrees, as expected" : "disagrees"; }
  Printing print() const { return {digits, Engine::ball, false}; }
  Cell claimed() const {
    if (!verdict.first->claimed.is_finite()) return Missing{"not a finite real number"};
    return quantity(verdict.first->claimed, true, "", print());
  }
  Quantity value() const {
    const QuadratureValue& v = verdict.first->value;
    return quantity(v.value, v.error, v.method, print());
  }

  std::string text() const {
    std::string line = job.flags.source.empty() ? "" : job.flags.source + ": ";
    line += job.flags.quantity + " of " + description(job.flags) + ": ";
    const auto at_points = [](int n) { return std::to_string(n) + (n == 1 ? " point" : " points"); };
    if (verdict.agrees()) {
      line += "the claim agrees at " + at_points(verdict.points) + " to " + std::to_string(digits) + " digits\n";
      if (!as_expected()) line += "  expected was a claim that is " + job.flags.expected_factor + " times the value\n";
      return line;
    }
    line += "the claim " + word() + ", at " + std::to_string(verdict.disagreements) + " of " + at_points(verdict.points);
    if (const std::string why = diagnosis(verdict); !why.empty()) line += "; " + why;
    line += '\n';
    if (as_expected()) return line;
    const Cell c = claimed();
    const Quantity v = value();
    line += "  first at " + text_of(verdict.first->at) + '\n';
    line += "    claim   " + (std::holds_alternative<Quantity>(c) ? std::get<Quantity>(c).value : std::get<Missing>(c).reason) + '\n';
    line += "    value   " + v.value + "   (" + v.method + ")\n";
    if (!job.flags.expected_factor.empty()) line += "  expected was a claim that is " + job.flags.expected_factor + " times the value\n";
    return line;
  }

  std::vector<Cell> cells() const {
    const auto or_missing = [](const std::optional<std::string>& text, const char* reason) { return text ? Cell(*text) : Cell(Missing{reason}); };
    const auto of_first = [&](Cell cell) { return verdict.first ? std::move(cell) : Cell(Missing{"the claim agrees"}); };
    std::vector<Cell> row = {job.flags.source, job.flags.quantity, description(job.flags), to_string(job.claim.formula()), word(), static_cast<long>(verdict.points),
                             static_cast<long>(verdict.disagreements), digits};
    row.push_back(verdict.agrees() ? of_first("") : or_missing(verdict.factor, "claim/value is not constant"));
    row.push_back(verdict.agrees() ? of_first("") : or_missing(verdict.difference, verdict.factor ? "see factor" : "claim - value is not constant"));
    row.push_back(verdict.first ? Cell(text_of(verdict.first->at)) : of_first(""));
    row.push_back(verdict.first ? claimed() : of_first(""));
    row.push_back(verdict.first ? Cell(value()) : of_first(""));
    return row;
  }
};

std::vector<Column> columns() {
  return {{"source", "source", "\\mathrm{source}"},
          {"quantity", "quantity", "\\mathrm{quantity}"},
          {"network", "network", "\\mathrm{network}"},
          {"claim", "claim", "\\mathrm{claim}"},
          {"verdict", "verdict", "\\mathrm{verdict}"},
          {"points", "points", "n"},
          {"disagreements", "disagreements", "\\mathrm{disagreements}"},
          {"digits", "digits", "N"},
          {"factor", "factor", "\\mathrm{factor}"},
          {"difference", "difference", "\\mathrm{difference}"},
          {"first.at", "at", "\\mathrm{at}"},
          {"first.claim", "claimed", "\\mathrm{claimed}"},
          {"first.value", "value", "\\mathrm{value}"}};
}

int answer_question(const Flags& flags, Answer& answer) {
  ClaimOptions options;
  options.points = flags.points.empty() ? usual_points : static_cast<int>(parse_count(flags.points, 1, 1'000'000, "--points"));
  options.digits = flags.answer.digits.empty() ? usual_digits : parse_count(flags.answer.digits, 10, most_claim_digits, "--digits");
  options.seed = flags.seed.empty() ? 1 : static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  options.budget = answer.budget();

  const std::vector<Job> jobs = jobs_of(flags);
  const bool as_text = flags.answer.format == "text";
  if (!as_text) answer.begin(columns(), "formulas held against quadrature in high precision");
  Progress all = answer.progress(jobs.size() * static_cast<std::uint64_t>(options.points));
  int code = answered;
  for (const Job& job : jobs) {
    options.expected_factor = job.expected_factor ? &*job.expected_factor : nullptr;
    const auto check = [&] { return verify(job.claim, options, Progress(std::nullopt, [&](std::uint64_t, std::optional<std::uint64_t>) { all.advance(); })); };
    const ClaimVerdict verdict = check();
    const Finding finding{job, verdict, options.digits};
    if (as_text) {
      answer.raw(finding.text());
    } else {
      answer.row(finding.cells());
    }
    if (!finding.as_expected()) code = disagrees;
  }
  return code;
}

}  // namespace

Run add_verify(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("verify", "a formula held against quadrature at random points");
  command.footer(examples);
  command.add_option("documents", flags->documents, "files with claims in blocks fenced as ```verify; - is standard input")->type_name("");
  command.add_option("--quantity", flags->claim.quantity, "what the claim is about: Q, chi, kernel, ntk, metric-A, volume, curvature, .. (see below)")
      ->type_name("W")
      ->group("Claim");
  command.add_option("--claim", flags->claim.claim, "the formula; names may be given to its parts first: 'r = sqrt(1+4*q); 4/(pi*r)'")->type_name("E")->group("Claim");
  command.add_option("--claim-file", flags->claim_file, "a file that holds the formula; - is standard input")->type_name("FILE")->group("Claim");
  command
      .add_option("--expect-factor", flags->claim.expected_factor, "the claim is known to be so many times the value, a number or a formula in its letters; then that is exit code 0")
      ->type_name("C")
      ->group("Claim");
  add_network_flags(command, flags->claim.network);
  command.add_option("--assume", flags->claim.assumptions, "what holds of the activation's letters, which are positive otherwise: a<1, or t<u")
      ->type_name("R")
      ->group("Network")
      ->allow_extra_args(false);
  command.add_option("--of", flags->claim.of, "of the features (feature, the default) or of the readout (nngp); for kernel also derivative or ntk")->type_name("K")->group("Network");
  command.add_option("--dim", flags->claim.dim, "the dimension of the input space")->type_name("d")->group("Network");
  command.add_option("--points", flags->points, "how many random points, 8 by default")->type_name("N")->group("Accuracy");
  command.add_option("--digits", flags->answer.digits, "how many digits must agree, 10 to 1000; 40 by default")->type_name("N")->group("Accuracy");
  command.add_option("--seed", flags->seed, "another number, other points; 1 by default")->type_name("S")->group("Accuracy");
  add_format_flags(command, flags->answer);
  add_long_work_flags(command, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session("infwidth verify", line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
