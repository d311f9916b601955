// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/dual_form.hpp"

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Ball at(const Expression& formula, const char* q1, const char* q2, const char* c) {
  const Expression e = substitute(substitute(substitute(formula, "q1", parse_rational(q1)), "q2", parse_rational(q2)), "c", parse_rational(c));
  const Program program({e}, "x");
  Evaluator<Ball> evaluate(program);
  return evaluate.value(Ball(0));
}

struct Row {
  const char *formula, *F1, *dF1, *F2, *dF2;
};

// At (q1, q2, c) = (1, 1, 1/2) and (7/10, 8/5, -2/5), by quadrature in two variables: mpmath, 40 working digits. Found again by tests/reference/inline_duals.py.
const Row rows[] = {
    {"relu", "0.3044988905221146790444982912", "0.3333333333333333333333333333", "0.08061453168962020767790207675", "0.1883120713927875347581788333"},
    {"leaky_relu:1/5", "0.2948792899341533945884789064", "0.4133333333333333333333333333", "-0.02840669971864306708614267088", "0.3205197256913840222452344533"},
    {"abs", "0.7179955620884587161779931650", "0.3333333333333333333333333333", "0.7224581267584808307116083070", "-0.2467517144288498609672846670"},
    {"relu_power:2", "0.7067483357831720185667474369", "1.217995562088458716177993165", "0.08404215050953178415436918783", "0.3224581267584808307116083070"},
    {"relu_power:3", "2.680367511024274083550363466", "6.360735022048548167100726932", "0.1414755006690780291744055991", "0.7563793545857860573893226905"},
    {"relu_power:5", "95.84767913033745588248753957", "353.7959388780342604437954332", "0.9850896875728684478593792219", "8.249819463223403335135352637"},
    {"step", "0.3333333333333333333333333333", "0.1837762984739306831704421661", "0.1883120713927875347581788333", "0.1624368335903491891470558438"},
    {"monomial:3", "5.25", "13.5", "-4.416", "12.96"},
    {"erf", "0.2163468959387854596582888816", "0.4501581580785530347775995955", "-0.1621610135323459105884624796", "0.4144041743669770078962976451"},
    {"normal_cdf", "0.2902153116275831218854750967", "0.08218725920819997407532921258", "0.2195333534259836699887706990", "0.07711082188804544972725286223"},
    {"gelu", "0.2272949150219915350180667609", "0.3422672424594431054665169313", "-0.00178418189203832734052427186", "0.1822859745019640103983839469"},
    {"sin", "0.1917002497821017973352595321", "0.4148304099305316262685400029", "-0.1300592894571358247101457767", "0.3423072632838788824279007743"},
    {"exp", "4.481689070338064822602055460", "4.481689070338064822602055460", "2.117000016612674668545369820", "2.117000016612674668545369820"},
    {"gaussian", "0.3535533905932737622004221811", "0.08838834764831844055010554526", "0.3254722774520596684648172467", "-0.05516479278848468957030800791"},
    {"hardtanh", "0.2381691658007706538436532031", "0.4979717778392079896841610870", "-0.1774595388445174940983693713", "0.4544734624601942870502831771"},
    {"relu6(6*x)/6", "0.1627295046388149483064593595", "0.1410510148897468980886803440", "0.05766234067061112723199308561", "0.1039415305372690043509359397"},
    {"elu:1", "0.3247836489567624362929693554", "0.6171842100782584709920208657", "-0.1961500273061798483672429764", "0.5479439021195012121498594296"},
    {"selu", "0.4905691283254751640437820675", "0.9944590690514350469084419108", "-0.3811719799662887016805035804", "0.9463763927753090719506151466"},
};

}  // namespace

TEST_CASE("closed duals hold the values of two-dimensional quadrature", "[gaussian][dual_form]") {
  const Precision precision(300);
  for (const Row& row : rows) {
    CAPTURE(row.formula);
    const DualForm form = dual_form(Activation::from_text(row.formula));
    REQUIRE(form.kernel);
    REQUIRE(form.derivative_kernel);
    const Expression F = form.whole(*form.kernel), dF = form.whole(*form.derivative_kernel);
    CHECK_THAT(at(F, "1", "1", "1/2"), Holds(row.F1, 26));
    CHECK_THAT(at(dF, "1", "1", "1/2"), Holds(row.dF1, 26));
    CHECK_THAT(at(F, "7/10", "8/5", "-2/5"), Holds(row.F2, 24));
    CHECK_THAT(at(dF, "7/10", "8/5", "-2/5"), Holds(row.dF2, 26));
  }
}

// mpmath in polar coordinates, 50 working digits; found again by the grids in u and v of tests/reference/inline_duals.py.
static const std::vector<Row> rows_of_powers = {
    {"relu_power:3/2", "0.4293711239486315742619910139", "0.6031353055462686167918730792", "0.07636352419878912054518723191", "0.2355631802823670768490120108"},
    {"relu_power:4/3", "0.3755135752908235552410397089", "0.4882068886344882280366023657", "0.07630623762310050399428555596", "0.2163053807343049349875311458"},
    {"abs(x)^(3/2)", "0.9488463526345368229950192514", "0.8415685514425137646441561362", "0.9351056579819310218783656866", "-0.6511425163707851745739783111"},
    {"sign(x)*abs(x)^(5/4)", "0.6102207284460615999588518891", "1.227338292183369471855894498", "-0.4945532319689718729246563134", "1.24023059250727941082505086"},
    {"relu(x)^(3/2)-2*relu(-x)^(3/2)", "1.966647410268610522367880622", "3.74508064703139002183854544", "-1.182939598174759958850046286", "3.422353655282874040789064719"},
    {"relu(x)^(3/2)+relu(-x)^(3/2)/3", "0.5071137281886818628925579789", "0.5485829862791795290111067472", "0.3456412300823277275350939986", "-0.1123527586647652462584318767"},
    {"relu(x)^(5/2)+3*relu(x)", "7.5964195274671698942592117", "10.71286969733691309672260484", "1.430336336681510636639985389", "4.193297809580954767677907596"},
    {"relu(x)^2+x", "2.004632896586037374446639557", "3.813764683694189427937777405", "-0.9866823001386756409888080258", "2.999269253378999393569551341"},
    {"abs(x)^(5/3)-x^2+x", "0.5428815898460511817804887417", "1.132515198262067945621580715", "-0.3704187366403900027213257832", "0.8959123346639838209226107964"},
    {"relu_power:7", "7739.197067459092376289595845", "38832.95027939370343163987409", "15.40045289377433419604706214", "175.6861709093184555262848278"},
};

TEST_CASE("closed duals of powers hold the values of two-dimensional quadrature", "[gaussian][dual_form]") {
  const Precision precision(300);
  for (const Row& row : rows_of_powers) {
    CAPTURE(row.formula);
    const DualForm form = dual_form(Activation::from_text(row.formula));
    REQUIRE(form.kernel);
    REQUIRE(form.derivative_kernel);
    const Expression F = form.whole(*form.kernel), dF = form.whole(*form.derivative_kernel);
    CHECK_THAT(at(F, "1", "1", "1/2"), Holds(row.F1, 24));
    CHECK_THAT(at(dF, "1", "1", "1/2"), Holds(row.dF1, 24));
    CHECK_THAT(at(F, "7/10", "8/5", "-2/5"), Holds(row.F2, 24));
    CHECK_THAT(at(dF, "7/10", "8/5", "-2/5"), Holds(row.dF2, 24));
    const Expression slope = differentiate(F, "c");
    CHECK(at(dF, "2/3", "5/2", "-1").overlaps(at(slope, "2/3", "5/2", "-1")));
    CHECK(is_narrow(at(slope, "2/3", "5/2", "-1"), 60));
  }
}

TEST_CASE("near the opposite diagonal the kernels of one-sided powers keep their digits", "[gaussian][dual_form]") {
  const Precision precision(160);
  for (const char* formula : {"relu_power:2", "relu_power:5", "relu_power:3/2"}) {
    const Expression F = *dual_form(Activation::from_text(formula)).kernel;
    CHECK(is_narrow(at(F, "1", "1", "-999999999999/1000000000000"), 40));
  }
}

TEST_CASE("the derivative kernel is the derivative of the kernel in the covariance, also where both are long", "[gaussian][dual_form][slow]") {
  const Precision precision(300);
  for (const char* formula : {"relu", "gelu", "elu:1/2", "hardtanh", "gelu(x)+relu(x-1)", "sin(x)+exp(x/2)*Phi(x)", "relu(x-1/2)+cos(x)+x^2", "min(x+1,0)^2*exp(x/3)+erf(x-1)",
                              "x*Phi(2*x-1)+exp(-x^2)", "step(x-1)", "hermite:3"}) {
    CAPTURE(formula);
    const DualForm form = dual_form(Activation::from_text(formula));
    REQUIRE(form.kernel);
    REQUIRE(form.derivative_kernel);
    const Expression slope = differentiate(form.whole(*form.kernel), "c");
    CHECK(at(form.whole(*form.derivative_kernel), "3/2", "4/5", "1/3").overlaps(at(slope, "3/2", "4/5", "1/3")));
    CHECK(at(form.whole(*form.derivative_kernel), "2/3", "5/2", "-1").overlaps(at(slope, "2/3", "5/2", "-1")));
    CHECK(is_narrow(at(slope, "2/3", "5/2", "-1"), 60));
  }
}

TEST_CASE("close to the diagonal the dual meets the variance map", "[gaussian][dual_form]") {
  const Precision precision(600);
  for (const char* formula : {"relu", "gelu", "elu:1", "hardtanh", "gelu(x)+relu(x-1)", "relu(x-1/2)+cos(x)+x^2", "exp(x/2)*Phi(x)"}) {
    CAPTURE(formula);
    const Activation phi = Activation::from_text(formula);
    const DualForm form = dual_form(phi);
    const VarianceJet<Ball> jet = VarianceMap(phi).at(ball("3/2"));
    const std::string near = "14999999999999999999999999999999999999999/10000000000000000000000000000000000000000";
    const Ball difference = at(form.whole(*form.kernel), "3/2", "3/2", near.c_str()) - jet.Q;
    CHECK(certainly_positive(pow(Ball(10), -38) - abs(difference)) == Truth::yes);
  }
}

TEST_CASE("formulas of duals are as short as a person would write them", "[gaussian][dual_form]") {
  const auto kernel = [](const char* formula) { return to_string(*dual_form(Activation::from_text(formula)).kernel); };
  CHECK(kernel("identity") == "c");
  CHECK(kernel("exp") == "exp((2*c + q1 + q2)/2)");
  CHECK(kernel("erf") == "2*asin(2*c/sqrt((1 + 2*q1)*(1 + 2*q2)))/pi");
  CHECK(kernel("relu_power:2") == "64*q1*q2/(15*pi)*((1 + c/sqrt(q1*q2))/2)^(5/2)*hyp2f1(1/2, 1/2, 7/2, (1 + c/sqrt(q1*q2))/2)");
  CHECK(kernel("relu_power:3/2") == "9*sqrt(pi/2)/16*(q1*q2)^(3/4)*((1 + c/sqrt(q1*q2))/2)^2*hyp2f1(1/2, 1/2, 3, (1 + c/sqrt(q1*q2))/2)");
  CHECK(kernel("step") == "1/4 + asin(c/sqrt(q1*q2))/(2*pi)");
}

TEST_CASE("what leaves the class is named", "[gaussian][dual_form]") {
  CHECK(dual_form(Activation::from_text("tanh(x)+x")).outside == "tanh(x)");
  const DualForm form = dual_form(Activation::from_text("relu(x)*Phi(x)"));
  CHECK_FALSE(form.kernel);
  CHECK(form.outside == "a normal distribution function on a half line");
}
