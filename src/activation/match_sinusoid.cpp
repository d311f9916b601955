// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/match.hpp"
#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

/// Adds factor * e to sine sin(b x) + cosine cos(b x); the first wave sets b.
bool add_waves(const Expression& e, const Expression& factor, bool& started, Recognised& r) {
  switch (e.op()) {
    case Op::add: return add_waves(e.argument(0), factor, started, r) && add_waves(e.argument(1), factor, started, r);
    case Op::subtract: return add_waves(e.argument(0), factor, started, r) && add_waves(e.argument(1), -factor, started, r);
    case Op::negate: return add_waves(e.argument(), -factor, started, r);
    case Op::multiply:
      if (!e.argument(0).depends_on("x")) return add_waves(e.argument(1), factor * e.argument(0), started, r);
      if (!e.argument(1).depends_on("x")) return add_waves(e.argument(0), factor * e.argument(1), started, r);
      return false;
    case Op::divide: return !e.argument(1).depends_on("x") && add_waves(e.argument(0), factor / e.argument(1), started, r);
    case Op::sin: case Op::cos: break;
    default: return false;
  }
  const auto w = linear(e.argument());
  if (!w || w->slope.is_number(0)) return false;
  if (!started) r.b = w->slope;
  started = true;
  // sin(-b x + d) = -sin(b x - d)
  const bool same = equal_constants(w->slope, r.b);
  if (!same && !equal_constants(-w->slope, r.b)) return false;
  const Expression phase = same ? w->constant : -w->constant;
  const Expression amplitude = !same && e.op() == Op::sin ? -factor : factor;
  const Expression along = amplitude * cos(phase), across = amplitude * sin(phase);
  if (e.op() == Op::sin) {
    r.sine = r.sine + along;
    r.cosine = r.cosine + across;
  } else {
    r.cosine = r.cosine + along;
    r.sine = r.sine - across;
  }
  return true;
}

}  // namespace

std::optional<Recognised> match_sinusoid(const Expression& f) {
  Recognised r{Recognised::Kind::sinusoid};
  bool started = false;
  if (!add_waves(f, 1, started, r)) return std::nullopt;
  r.sine = tidy(r.sine);
  r.cosine = tidy(r.cosine);
  return r;
}

}  // namespace infwidth
