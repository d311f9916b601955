// SPDX-License-Identifier: GPL-3.0-or-later
// The table of derivations D-030, typed by hand, against the closed forms that are found: for every entry of the catalogue.
#include <algorithm>

#include "infwidth/activation/catalogue.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/closed_form.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// "": infinite, or no closed form.
struct Row {
  std::string activation, Q, chi, P;
};

const std::string gelu_angle = "asin(q/(1+q))";
const std::string hardtanh_Q = "(q*(erf(1/sqrt(2*q))-sqrt(2/(pi*q))*exp(-1/(2*q)))+erfc(1/sqrt(2*q)))";

const std::vector<Row> table = {
    {"identity", "q", "1", "1"},
    {"relu", "q/2", "1/2", "1/2"},
    {"leaky_relu:1/5", "13*q/25", "13/25", "13/25"},
    {"leaky_relu:-3", "5*q", "5", "5"},
    {"abs", "q", "1", "1"},
    {"step", "1/2", "", ""},
    {"sign", "1", "", ""},
    {"relu_power:0", "1/2", "", ""},
    {"relu_power:2", "3*q^2/2", "2*q", "6*q"},
    {"relu_power:3", "15*q^3/2", "27*q^2/2", "135*q^2/2"},
    {"relu_power:3/2", "sqrt(2/pi)*q^(3/2)", "9/8*sqrt(2*q/pi)", "9/4*sqrt(2*q/pi)"},
    {"relu_power:1/2", "sqrt(q/(2*pi))", "", ""},
    {"erf", "2/pi*asin(2*q/(1+2*q))", "4/(pi*sqrt(1+4*q))", "4/(pi*sqrt(1+4*q)^3)"},
    {"normal_cdf", "1/4+" + gelu_angle + "/(2*pi)", "1/(2*pi*sqrt(1+2*q))", "1/(2*pi*sqrt(1+2*q)^3)"},
    {"gelu", "q/4+(q*" + gelu_angle + "+2*q^2/((1+q)*sqrt(1+2*q)))/(2*pi)", "1/4+(" + gelu_angle + "+2*q/((1+q)*sqrt(1+2*q))+q/(1+2*q)^(3/2))/(2*pi)", ""},
    {"sin", "(1-exp(-2*q))/2", "(1+exp(-2*q))/2", "(1+exp(-2*q)*(1-4*q))/2"},
    {"cos", "(1+exp(-2*q))/2", "(1-exp(-2*q))/2", "(1-exp(-2*q)*(1-4*q))/2"},
    {"exp", "exp(2*q)", "exp(2*q)", "(1+4*q)*exp(2*q)"},
    {"gaussian", "1/sqrt(1+4*q)", "4*q/sqrt(1+4*q)^3", "12*q/sqrt(1+4*q)^5"},
    {"elu:1", "q/2+exp(2*q)*Phi(-2*sqrt(q))-2*exp(q/2)*Phi(-sqrt(q))+1/2", "1/2+exp(2*q)*Phi(-2*sqrt(q))", ""},
    {"elu:3/2", "q/2+9/4*(exp(2*q)*Phi(-2*sqrt(q))-2*exp(q/2)*Phi(-sqrt(q))+1/2)", "1/2+9/4*exp(2*q)*Phi(-2*sqrt(q))", ""},
    {"selu", "l^2*(q/2+a^2*(exp(2*q)*Phi(-2*sqrt(q))-2*exp(q/2)*Phi(-sqrt(q))+1/2))", "l^2*(1/2+a^2*exp(2*q)*Phi(-2*sqrt(q)))", ""},
    {"hardtanh", hardtanh_Q, "erf(1/sqrt(2*q))", "erf(1/sqrt(2*q))-sqrt(2/(pi*q))*exp(-1/(2*q))"},
    {"relu6", "18*(q/36*(erf(6/sqrt(2*q))-sqrt(72/(pi*q))*exp(-18/q))+erfc(6/sqrt(2*q)))", "erf(6/sqrt(2*q))/2", "(erf(6/sqrt(2*q))-sqrt(72/(pi*q))*exp(-18/q))/2"},
    {"rbf:3", "1", "6", "6"},
    {"monomial:3", "15*q^3", "27*q^2", "135*q^2"},
    {"hermite:4", "105*q^4-180*q^3+126*q^2-36*q+9", "240*q^3-288*q^2+144*q", ""},
    {"tanh", "", "", ""},
    {"sigmoid", "", "", ""},
    {"softplus", "", "", ""},
    {"silu", "", "", ""},
};

/// The formula of D-030, with selu's constants: the fixed point Q(1) = 1 of mean 0.
Expression typed(const std::string& text) {
  Expression e = parse(text, Language{.variables = {"q", "l", "a"}, .functions = {}, .special_functions = true});
  const Expression a = parse("-sqrt(2/pi)/(exp(1/2)*erfc(1/sqrt(2))-1)", Language{});
  const Expression l = parse("1/sqrt(1/2+a^2*(exp(2)*Phi(-2)-2*exp(1/2)*Phi(-1)+1/2))", Language{.variables = {"a"}, .functions = {}, .special_functions = true});
  return substitute(substitute(e, "l", l), "a", a);
}

void compare(const Expression& found, const std::string& wanted) {
  const Program program({found, typed(wanted)}, "q");
  const Precision bits(400);
  Evaluator<Ball> evaluate(program);
  for (const char* q : {"1/100", "3/7", "1", "5", "123/2"}) {
    const auto values = evaluate(ball(q));
    CAPTURE(q, to_string(found), wanted);
    CHECK(values[0].overlaps(values[1]));
    CHECK(is_narrow(values[0], 90));
  }
}

}  // namespace

TEST_CASE("the closed forms of the catalogue are those of the table", "[gaussian][closed_form]") {
  for (const Row& row : table) {
    CAPTURE(row.activation);
    const Activation phi = Activation::from_text(row.activation);
    const ClosedForm form = closed_form(phi);
    CHECK(form.Q.has_value() == !row.Q.empty());
    CHECK(form.chi.has_value() == !row.chi.empty());
    if (form.Q) compare(form.whole(*form.Q), row.Q);
    if (form.chi) compare(form.whole(*form.chi), row.chi);
    if (row.P.empty()) continue;
    const auto radial = closed_form_of_radial(phi);
    REQUIRE(radial);
    compare(*radial, row.P);
  }
}

TEST_CASE("every entry of the catalogue is in the table", "[gaussian][closed_form]") {
  for (const CatalogueEntry& entry : catalogue()) {
    CAPTURE(entry.name);
    CHECK(std::any_of(table.begin(), table.end(), [&](const Row& row) { return row.activation.substr(0, row.activation.find(':')) == entry.name; }));
  }
}

TEST_CASE("short closed forms are written as a person would", "[gaussian][closed_form]") {
  const auto text = [](const char* activation) {
    const ClosedForm form = closed_form(Activation::from_text(activation));
    return (form.Q ? to_string(*form.Q) : "none") + std::string("; ") + (form.chi ? to_string(*form.chi) : "none");
  };
  CHECK(text("identity") == "q; 1");
  CHECK(text("relu") == "q/2; 1/2");
  CHECK(text("leaky_relu:1/5") == "13*q/25; 13/25");
  CHECK(text("abs") == "q; 1");
  CHECK(text("step") == "1/2; none");
  CHECK(text("relu_power:2") == "3*q^2/2; 2*q");
  CHECK(text("erf") == "2*asin(2*q/(1 + 2*q))/pi; 4/(pi*sqrt(1 + 4*q))");
  CHECK(text("normal_cdf") == "1/4 + asin(q/(1 + q))/(2*pi); 1/(2*pi*sqrt(1 + 2*q))");
  CHECK(text("sin") == "(1 - exp(-2*q))/2; (1 + exp(-2*q))/2");
  CHECK(text("exp") == "exp(2*q); exp(2*q)");
  CHECK(text("gaussian") == "1/sqrt(1 + 4*q); 4*q/(1 + 4*q)^(3/2)");
  CHECK(text("rbf:1/2") == "1; 1");
  CHECK(text("monomial:3") == "15*q^3; 27*q^2");
}
