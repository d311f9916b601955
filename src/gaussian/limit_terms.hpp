// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "infwidth/expression/asymptotic_series.hpp"
#include "infwidth/gaussian/asymptotics.hpp"

namespace infwidth {

/// The first two terms of a series in t = q (limit zero) or t = 1/q (limit infinity); none if fewer are known but there may be more.
std::optional<Asymptotics> two_terms(const AsymptoticSeries& series, Limit limit);
/// What is known, be it one term; none if it is not even that.
std::optional<Asymptotics> known_terms(const AsymptoticSeries& series, Limit limit);

/// E|z|^p for a standard normal z, p > -1.
ExactConstant absolute_moment(const Rational& p);

/// c q^p, written; for c = 1 as O() holds it.
Expression written_term(const Expression& c, const Rational& p);

/// The coefficients c_0, c_1, .. of f(q) = sum c_k u^k, u = q^(-step) (q -> oo) or q^step (q -> 0), by interpolation at q = 4^(+-j), with an error estimated by leaving
/// out the third of the points that is nearest to the limit.
std::vector<Estimate<Ball>> extrapolated(const std::function<Ball(const Ball&)>& f, const Rational& step, Limit limit);

}  // namespace infwidth
