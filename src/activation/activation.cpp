// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/activation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "infwidth/activation/catalogue.hpp"
#include "infwidth/activation/pieces.hpp"
#include "infwidth/activation/same_function.hpp"

namespace infwidth {

namespace {

// Enough to see signs and tell points apart at once; where it is not, the precision is raised there.
constexpr long working_bits = 128;

/// A word that could be meant as a catalogue name: letters, digits, underscores, perhaps a colon and a parameter.
bool looks_like_a_name(std::string_view word) {
  if (word.empty() || word == "x" || word == "pi" || !std::isalpha(static_cast<unsigned char>(word[0]))) return false;
  return std::all_of(word.begin(), word.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}

/// What others call the catalogue's activations.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> synonyms = {{
    {"swish", "silu"}, {"linear", "identity"}, {"heaviside", "step"}, {"signum", "sign"}, {"sgn", "sign"}, {"logistic", "sigmoid"},
    {"lrelu", "leaky_relu"}, {"prelu", "leaky_relu"}, {"probit", "normal_cdf"}, {"rectifier", "relu"},
}};

[[noreturn]] void refuse_name(std::string_view text, std::string_view word) {
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) names.push_back(entry.name);
  std::string nearest = nearest_word(word, names);
  for (const auto& [theirs, ours] : synonyms) {
    if (word == theirs) nearest = ours;
  }
  throw UsageError("activation: no '" + std::string(text) + "' in the catalogue" + (nearest.empty() ? "." : "; did you mean " + nearest + "?") +
                   " Write a name of the catalogue, or a formula in x such as x*tanh(x)");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// Of a catalogue name, or as it is typed.
Expression formula_of(std::string_view text) {
  const std::string_view word = trimmed(text);
  if (const auto formula = catalogue_formula(word)) return *formula;
  const std::string_view before_colon = word.substr(0, word.find(':'));
  if (looks_like_a_name(before_colon)) refuse_name(word, before_colon);
  return parse(word, activation_language());
}

}  // namespace

Activation Activation::from_text(std::string_view text) { return from_formula(formula_of(text), std::string(trimmed(text))); }

Activation Activation::from_formula(const Expression& formula, std::string name) {
  return from_pieces(std::move(name), {}, {formula});
}

Activation Activation::integrand_from_text(std::string_view text) { return integrand_from_formula(formula_of(text), std::string(trimmed(text))); }

Activation Activation::integrand_from_formula(const Expression& formula, std::string name) {
  Precision working(working_bits);
  Activation f;
  f.name_ = std::move(name);
  f.pieces_ = make_pieces(resolve_kinks(formula), Integrable::function);
  f.parity_ = parity_of(f.pieces_);
  return f;
}

Activation Activation::from_pieces(std::string name, const std::vector<Rational>& kinks, const std::vector<Expression>& formulas) {
  Precision working(working_bits);
  if (formulas.size() != kinks.size() + 1) {
    throw UsageError("activation " + name + ": " + std::to_string(kinks.size()) + " kinks make " + std::to_string(kinks.size() + 1) + " pieces, not " +
                     std::to_string(formulas.size()));
  }
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    Interval where;
    if (i > 0) where.left = RealPoint(kinks[i - 1]);
    if (i < kinks.size()) where.right = RealPoint(kinks[i]);
    if (i > 0 && i < kinks.size() && !(kinks[i - 1] < kinks[i])) {
      throw UsageError("activation " + name + ": the kinks " + to_string(kinks[i - 1]) + " and " + to_string(kinks[i]) + " are not in increasing order");
    }
    for (Stretch& s : resolve_kinks(formulas[i], where)) stretches.push_back(std::move(s));
  }
  return from_stretches(std::move(name), stretches);
}

Activation Activation::from_stretches(std::string name, const std::vector<Stretch>& stretches) {
  Activation activation;
  activation.name_ = std::move(name);
  activation.pieces_ = make_pieces(stretches);
  activation.parity_ = parity_of(activation.pieces_);
  activation.jump_ = find_jump(activation.pieces_, stretches);
  return activation;
}

Activation Activation::derivative() const {
  Precision working(working_bits);
  std::vector<Stretch> stretches;
  for (const Piece& p : pieces_) {
    const auto end = [](const std::optional<PieceEnd>& e) { return e ? std::optional<RealPoint>(e->at) : std::nullopt; };
    stretches.push_back({{end(p.left), end(p.right)}, p.derivative});
  }
  return from_stretches("(" + name_ + ")'", stretches);
}

std::vector<Piece> analytic_pieces(const Expression& formula) {
  Precision working(working_bits);
  return make_pieces(resolve_kinks(formula));
}

bool same_function(const Activation& a, const Activation& b) {
  const auto same_end = [](const std::optional<PieceEnd>& p, const std::optional<PieceEnd>& q) {
    if (!p || !q) return !p && !q;
    return p->at.exact() && q->at.exact() && *p->at.exact() == *q->at.exact();
  };
  return a.name() == b.name() && std::equal(a.pieces().begin(), a.pieces().end(), b.pieces().begin(), b.pieces().end(), [&](const Piece& p, const Piece& q) {
           return same_end(p.left, q.left) && same_end(p.right, q.right) && p.value == q.value;
         });
}

}  // namespace infwidth
