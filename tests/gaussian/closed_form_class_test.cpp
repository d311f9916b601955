// SPDX-License-Identifier: GPL-3.0-or-later
// Random members of the class of Gaussian integration: the closed forms that are found against quadrature of the pieces.
#include <map>
#include <random>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

class RandomMember {
 public:
  explicit RandomMember(unsigned seed) : random_(seed) {}

  /// Two to four terms. `phi` and `oscillates`: the first term is a polynomial times Phi, or a sine or cosine times an exponential.
  std::string formula(bool off_zero, bool phi, bool oscillates) {
    const bool phi_on_half_line = phi && !off_zero && below(2) == 0;
    std::string text = phi_on_half_line ? coefficient() + "*relu(x)" + power(4) + "*Phi(" + rate() + "*x)"
                       : phi            ? coefficient() + "*x" + power(4) + "*Phi(" + rate() + "*x" + signed_fraction() + ")"
                       : oscillates     ? oscillation()
                                        : term(off_zero, true);
    const int more = 1 + static_cast<int>(below(3));
    for (int i = 0; i < more; ++i) text += "+" + (off_zero && i == 0 ? kinked("x" + signed_fraction()) : term(off_zero, !phi));
    return text;
  }

  Rational variance() { return {static_cast<long>(1 + below(60)), static_cast<long>(1 + below(20))}; }

 private:
  std::mt19937 random_;

  unsigned long below(unsigned long n) { return random_() % n; }
  std::string fraction() { return std::to_string(1 + below(9)) + "/" + std::to_string(1 + below(6)); }
  std::string signed_fraction() { return (below(2) == 0 ? "+" : "-") + fraction(); }
  std::string coefficient() { return "(" + (below(2) == 0 ? std::string() : "-") + fraction() + ")"; }
  std::string rate() { return "(" + (below(2) == 0 ? std::string() : "-") + std::to_string(1 + below(5)) + "/2)"; }
  std::string power(unsigned long most) { return "^" + std::to_string(1 + below(most)); }
  std::string oscillation() {
    return coefficient() + "*" + (below(2) == 0 ? "sin" : "cos") + "(" + rate() + "*x" + signed_fraction() + ")*exp(" + rate() + "*x/2)";
  }
  std::string kinked(const std::string& u) {
    switch (below(3)) {
      case 0: return coefficient() + "*relu(" + u + ")" + power(4);
      case 1: return coefficient() + "*min(" + u + ", 0)" + power(3);
      default: return coefficient() + "*(exp(min(" + u + ", 0)/2) - 1)";
    }
  }
  /// `free`: everything; if not, polynomials and exponentials on the whole line, which may stand beside a Phi on a half line.
  std::string term(bool off_zero, bool free) {
    switch (below(free ? 5 : 3)) {
      case 0: return coefficient() + "*x" + power(4);
      case 1: return coefficient() + "*exp(" + rate() + "*x/2)";
      case 2: return coefficient() + "*x*exp(-x^2/" + std::to_string(1 + below(4)) + ")";
      case 3: return oscillation();
      default: return kinked(off_zero ? "x" + signed_fraction() : "x");
    }
  }
};

/// Do the closed forms and the panels agree to 50 digits at q?
void check_at(const Activation& phi, const Program& program, const Ball& q) {
  const Precision working(180 + 20);
  const auto numeric = PanelRule(phi.pieces(), Integrands::square_and_slope_square, phi.parity()).integrate(q, 180, 0);
  for (long bits = 300;; bits *= 2) {
    const Precision precision(bits);
    Evaluator<Ball> evaluate(program);
    const auto values = evaluate(q);
    if (!values[0].is_finite() || !values[1].is_finite()) {  // a removable singularity: the map goes another way there
      const VarianceJet<Ball> jet = VarianceMap(phi).at(q);
      CHECK(jet.method == "Gauss-Legendre panels");
      CHECK(is_narrow(jet.Q, 50));
      return;
    }
    if (bits < 5000 && !(is_narrow(values[0], 52) && is_narrow(values[1], 52))) continue;
    REQUIRE(is_narrow(values[0], 52));
    REQUIRE(is_narrow(values[1], 52));
    CHECK(values[0].overlaps(numeric.integrals[0].moment[0]));
    CHECK(values[1].overlaps(numeric.integrals[1].moment[0]));
    CHECK(is_narrow(numeric.integrals[0].moment[0], 50));
    CHECK(is_narrow(numeric.integrals[1].moment[0], 50));
    return;
  }
}

struct Tally {
  int members = 0, found = 0;
};

void run(int members, unsigned seed) {
  RandomMember random(seed);
  std::map<std::string, Tally> tallies;
  for (int i = 0; i < members; ++i) {
    const bool off_zero = i % 2 == 1, phi = i / 2 % 4 == 0, oscillates = i / 2 % 4 == 1;
    const std::string formula = random.formula(off_zero, phi, oscillates);
    CAPTURE(formula);
    Tally& tally = tallies[std::string(off_zero ? "breakpoints off 0" : "no breakpoint off 0") + (phi ? ", Phi" : oscillates ? ", oscillating" : "")];
    const Activation activation = Activation::from_text(formula);
    const ClosedForm form = closed_form(activation);
    ++tally.members;
    if (!form.Q || !form.chi) {
      UNSCOPED_INFO(formula << ": outside, " << form.outside);
      continue;
    }
    ++tally.found;
    const Program program({form.whole(*form.Q), form.whole(*form.chi)}, "q");
    for (int k = 0; k < 2; ++k) {
      const Rational q = random.variance();
      CAPTURE(to_string(q));
      const Precision precision(400);
      check_at(activation, program, constant<Ball>(q));
    }
  }
  for (const auto& [kind, tally] : tallies) {
    CAPTURE(kind, tally.members, tally.found);
    CHECK(20 * tally.found >= 19 * tally.members);
  }
}

}  // namespace

TEST_CASE("closed forms of random members of the class agree with quadrature to 50 digits, a taste", "[gaussian][closed_form]") { run(8, 1); }
TEST_CASE("closed forms of 160 random members of the class agree with quadrature to 50 digits", "[gaussian][closed_form][slow]") { run(160, 20240); }
