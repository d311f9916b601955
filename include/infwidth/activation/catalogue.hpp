// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

/// A named activation. `formula` is text in the language of `parse`, with x and, if `parameter` is not empty, that letter:
///     {"leaky_relu", "a", "max(x, 0) + a*min(x, 0)", "any real a"}
struct CatalogueEntry {
  std::string name;
  std::string parameter;    // "" if it has none; a parameter has no default
  std::string formula;      // built by a function of k where `family` says so (hermite)
  std::string domain;       // of the parameter, in words
};

/// All entries, in the order `infwidth activations` lists them: identity relu leaky_relu abs step sign relu_power erf normal_cdf gelu
/// sin cos exp gaussian tanh sigmoid softplus silu elu selu hardtanh relu6 rbf monomial hermite.
const std::vector<CatalogueEntry>& catalogue();

/// The formula of `name` or `name:parameter`; none if no entry has that name.
///   Errors  UsageError for a missing, superfluous or inadmissible parameter, saying what it should be.
std::optional<Expression> catalogue_formula(std::string_view name_and_parameter);

/// The same, where the parameter may be a formula in letters (leaky_relu:a, elu:a/2); what the catalogue asks of it goes to `given`.
///   Errors  UsageError also where it must be a number (monomial, hermite, relu_power)
std::optional<Expression> catalogue_formula(std::string_view name_and_parameter, Assumptions& given);

/// The language of typed activations: variable x, and the catalogue's names as functions, parameter second: `leaky_relu(x, 1/5)`.
const Language& activation_language();
/// The same, where other letters are real parameters. What the catalogue's functions ask of them goes to `given`, which must outlive the language.
Language parametric_language(Assumptions& given);
/// Why a name cannot be that of a parameter, since formulas use it for something else; "" if it can.
std::string reason_against_letter(std::string_view name);

}  // namespace infwidth
