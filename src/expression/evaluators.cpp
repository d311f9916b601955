// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/program.hpp"
#include "infwidth/real/in_domain.hpp"

namespace infwidth {

template class Evaluator<double>;
template class Evaluator<Ball>;
template class Evaluator<InDomain>;
template class Evaluator<ComplexBall>;
template class Evaluator<Digits>;
template class Evaluator<Jet<double, 5>>;
template class Evaluator<Jet<Pack, 2>>;
template class Evaluator<Jet<Ball, 2>>;
template class Evaluator<Jet<Ball, 5>>;

}  // namespace infwidth
