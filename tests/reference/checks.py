"""What the oracle is held against before a table is written: published closed forms, and values found on other routes.

The decimal strings were computed once by others (two-dimensional quadrature, derivatives of kernels, exact fractions); each is
meant to be right to a unit of its last digit, or two.
"""
from mpmath import mp, mpf

from activations import Smooth
from geometry import jets_by_derivatives, metrics, quantities

# Q, dQ, chi, dchi at q = 3/2
VARIANCE_MAPS = """
erf 0.5398930876747682295724388646 0.1203098283850835399545331373 0.4812393135403341598181325493 -0.1374969467258097599480378712
normal_cdf 0.3524163823495667258245989238 0.0318309886183790671537768 0.07957747154594766788444188169 -0.0198943678864869169711105
gelu 0.6718640223070558909288937727 0.4980431552786509580531275673 0.4777509000344343027425948874 0.03093574206348715589007678151
sin 0.4751064658160680285103287922 0.0497870683678639429793424 0.5248935341839319714896712078 -0.0497870683678639429793424
gaussian 0.3779644730092272272145165362 -0.107989849431207779204148 0.3239695482936233376124427453 -0.0617084853892615881166558
hardtanh 0.5926939144718480950735342394 0.11898515748621531894769 0.5857838217574748833480011884 -0.15559955475708652146677
elu:1 0.9265093479164709197936836299 0.55376061110832764586157 0.6436706247667281239764857888 -0.0383937584018236997712848
selu 1.373554513310439994519827951 0.718155669891145596734532 0.9960597262176895573819142975 -0.118671778185090223490747
tanh 0.46828821053061405112713326967 0.12118516986432392942635499513 0.39486958293436527572402948527 -0.10923841120078898225991597808
sigmoid 0.30723730158060621181187426973 0.024696065440771450711081379901 0.040359138216822781601714748345 -0.0076187738683133869897656060118
softplus 1.1499377635028034530417037116 0.46102634026543771175656892995 0.30723730158060621181187426973 0.024696065440771450711081379901
silu 0.57198824685438084591767761415 0.44517049240589713188308204260 0.40757972282074449489374530490 0.045769490556695551465567655645
"""

# Preactivation kernel after depth hidden layers, sigma_w2 = 3/2, sigma_b2 = 1/10, s = 1: q, dq/ds, A, B
PREACTIVATION_METRICS = """
erf 1 0.927206774263574029846028554537 0.250742231442148515869743186154 1.05311737205702376665292138185 -0.853878950316505756745611931228
erf 3 0.723996105803381576375047620687 0.028587363773042584395145960978 0.874124762098902035305072344141 -0.758578158687636526270410874991
gelu 1 1.18259383847936244403711375234 1.12324824045786615570047256197 1.08149714667733099341661106222 0.185263445111067414851231789648
gelu 3 0.644885707326974941119513230528 0.598018758702260501147897493567 0.506658805768520860447882144377 0.360815858524820474696432571079
tanh 1 0.81999461279558833513012688535 0.254556250126093031041679598344 0.864857470579776008550432980765 -0.679887186271263831966472463673
tanh 3 0.571564196806344359919371278194 0.0336188825487277632802251363016 0.532415601334656212824192063942 -0.460260152673739643556624156433
relu 3 0.90625 0.6328125 0.6328125 0
relu_power:2 2 77.3641 284.796 126.576 937.17
"""

# The same networks: kappa_radial(s = 1), kappa_tangential(s = 1), kappa(s = 0)
PREACTIVATION_CURVATURES = """
erf 1 -1.64981775398693036573918957771 -0.824908876993465182869594788855 0
erf 2 -2.11144527922864793221335049404 -0.777267711475592711379712769945 0.203682225370436827179145170707
erf 3 -2.30128166954572247178254726918 -0.611592042067871472329935884019 0.490064316345743471635565536272
tanh 1 -1.62872102607941341152216879952 -0.835261905405413280680853446758 0
tanh 2 -2.61278291925630969431813461411 -1.0101643099356441902067286937 0.237701172233507260725560142812
tanh 3 -3.24431429227239040376811655034 -0.91184540116144257578459130068 0.62307596748302696796891059831
gelu 1 0.00836967859132416000898024676966 -0.00579127489483798631167471255048 0
gelu 2 0.0260427418120578696437256522745 -0.0289372891775733517693259659075 0.402533798907910353255221046938
gelu 3 0.0468372266671488074356509862084 -0.0902437813725755159562472913349 1.70238412968286960023637898195
"""

# One hidden layer, sigma_w2 = sigma_b2 = 1, s = 1: chi, Omega' = dlog A/ds, Omega'', sqrt(det g) at d = 2, Ricci at d = 2 and 3
SHALLOW_FEATURES = """
erf(x/sqrt(2)) 0.284705017366871 -0.2 0.08 0.220531558168717 -0.936641964138764 -2.34160491034691
sigmoid 0.0370266120857373 -0.157849559481308 0.0514491184309042 0.0306293320302483 -3.87470478690676 -9.71618905506088
tanh 0.349508297746603 -0.216415078953052 0.094120007685136 0.263217073342879 -0.941613576998289 -2.35576261947056
softplus 0.318419076984185 0.0637190929057053 -0.0272660686121059 0.338100216722763 -0.0229550678981979 -0.0685293412690535
silu 0.426872724898325 0.0761632288029307 -0.0539467145283315 0.458232800668432 -0.0119407549271959 -0.0474671001206311
gelu 0.489511937791696 0.0361890640263025 -0.0383603567629809 0.506917473064791 0.000558337167562984 -0.00387301449064888
sin 0.509157819444367 -0.0359724199241831 0.0706508248531645 0.490500340045454 0.0113785981940942 0.0172801918980831
exp 54.5981500331442 2 0 122.085174919843 -0.0117220088887899 -0.0527490399995544
exp(-x^2/2) 0.178885438199983 -0.1 -0.01 0.16 -0.384324183632776 -0.90840261585929
monomial:3 108 1 -0.5 187.061487217439 -0.00205761316872428 -0.0102880658436214
"""

# depth, sigma_w2, sigma_b2 of the first layer and of the later ones, s = 1: A, B, Ricci at d = 2 and 3
DEEP_FEATURES = """
erf(x/sqrt(2)) 2 1,1 1,0 0.1304955898796 -0.05647799800865 -1.161070254 -2.2277136119
erf(x/sqrt(2)) 3 1,1 1,0 0.0699385856534 -0.03093929954266 -1.2912394215 -1.2963854236
gelu 2 1,1 1,0 0.2206595776698 0.05090209806632 -0.035034309171 -0.13530950054
gelu 3 1,1 1,0 0.08558069431648 0.04280591577674 -0.40811277701 -1.2404127587
sin 3 1,1 1,0 0.2686134068872 -0.01956869431831 -0.20934415517 -0.20944055617
relu 3 1,1 1,0 0.125 0 0 0
gelu 3 2,0 2,0 0.9201465480982 0.4969603966893 0.10220649123 0.13050857438
"""

SELU_CONSTANTS = ("1.673263242354377284817042991671652", "1.050700987355480493419334985294606")


def rows(table):
    return [line.split() for line in table.strip().splitlines()]


def agree(what, computed, text):
    """To two units of the last digit written; a value written short is exact."""
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2])
    unit = mpf(10) ** (-digits if len(mantissa.strip("-0.")) > 8 else -40)
    assert abs(computed - mpf(text)) <= 2 * unit, f"{what}: computed {mp.nstr(computed, 40)}, expected {text}"


def check_variance_maps(catalogue):
    for name, *texts in rows(VARIANCE_MAPS):
        maps = catalogue[name].moments(mpf(3) / 2, 2)
        for text, value in zip(texts, maps[0] + maps[1]):
            agree(f"{name} at q = 3/2", value, text)


def closed_forms(q):
    """Q and chi of the activations that have elementary ones."""
    root, asin, pi = mp.sqrt, mp.asin, mp.pi
    small, large = mp.exp(2 * q) * mp.erfc(root(2 * q)) / 2, mp.exp(q / 2) * mp.erfc(root(q / 2)) / 2
    gelu = mpf(1) / 4 + asin(q / (1 + q)) / (2 * pi)
    tail = mp.erf(1 / root(2 * q))
    return {
        "erf": (2 / pi * asin(2 * q / (1 + 2 * q)), 4 / pi / root(1 + 4 * q)),
        "erf(x/sqrt(2))": (2 / pi * asin(q / (1 + q)), 2 / pi / root(1 + 2 * q)),
        "normal_cdf": (gelu, 1 / (2 * pi * root(1 + 2 * q))),
        "gelu": (q * gelu + q**2 / (pi * (1 + q) * root(1 + 2 * q)),
                 gelu + q * (3 + 5 * q) / (2 * pi * (1 + q) * root(1 + 2 * q)**3)),
        "sin": ((1 - mp.exp(-2 * q)) / 2, (1 + mp.exp(-2 * q)) / 2),
        "cos": ((1 + mp.exp(-2 * q)) / 2, (1 - mp.exp(-2 * q)) / 2),
        "exp": (mp.exp(2 * q), mp.exp(2 * q)),
        "gaussian": (1 / root(1 + 4 * q), 4 * q / root(1 + 4 * q)**3),
        "elu:1": (q / 2 + small - 2 * large + mpf(1) / 2, mpf(1) / 2 + small),
        "hardtanh": (q * (tail - root(2 / (pi * q)) * mp.exp(-1 / (2 * q))) + mp.erfc(1 / root(2 * q)), tail),
        "relu": (q / 2, mpf(1) / 2),
        "leaky_relu:1/5": (q * 13 / 25, mpf(13) / 25),
        "abs": (q, mpf(1)),
        "identity": (q, mpf(1)),
        "relu_power:2": (q**2 * 3 / 2, 2 * q),
        "relu_power:3": (q**3 * 15 / 2, q**2 * 27 / 2),
        "monomial:3": (15 * q**3, 27 * q**2),
        "rbf:1/2": (mpf(1), mpf(1)),
        "rbf:3/2": (mpf(1), mpf(3)),
        "hermite:4": (105 * q**4 - 180 * q**3 + 126 * q**2 - 36 * q + 9, 240 * q**3 - 288 * q**2 + 144 * q),
    }


def check_closed_forms(q, maps, digits):
    for name, expected in closed_forms(q).items():
        for (value, *_), form in zip(maps[name], expected):
            assert abs(value - form) <= abs(form) * mpf(10) ** -digits, f"{name} at q = {mp.nstr(q, 5)}: {value} and {form}"


def features(activation, depth, s, weights, biases, dim):
    a, b = metrics(jets_by_derivatives(activation, s, weights, biases), weights)[depth - 1]
    return quantities(a, b, s, dim), a


def check_preactivation_metrics(catalogue):
    w, b = mpf(3) / 2, mpf(1) / 10
    for name, depth, *texts in rows(PREACTIVATION_METRICS):
        depth = int(depth)
        weights, biases = [w] * (depth + 1), [b] * (depth + 1)
        jets = jets_by_derivatives(catalogue[name], mpf(1), weights, biases)
        (a, _, _), (b1, _) = metrics(jets, weights)[depth - 1]
        q = jets[depth][0]
        for text, value in zip(texts, (q[0], q[1], w * a, w * b1)):
            agree(f"{name} metric, depth {depth}", value, text)


def check_preactivation_curvatures(catalogue):
    """A kernel sigma_w2 times the feature kernel has its curvature divided by sigma_w2."""
    w, b = mpf(3) / 2, mpf(1) / 10
    for name, depth, radial, tangential, origin in rows(PREACTIVATION_CURVATURES):
        depth = int(depth)
        at = [features(catalogue[name], depth, mpf(s), [w] * depth, [b] * depth, 3)[0] for s in (0, 1)]
        agree(f"{name} radial, depth {depth}", at[1]["kappa_radial"] / w, radial)
        agree(f"{name} tangential, depth {depth}", at[1]["kappa_tangential"] / w, tangential)
        for which in ("kappa_radial", "kappa_tangential"):
            agree(f"{name} at the origin, depth {depth}", at[0][which] / w, origin)


def check_erf_shallow(catalogue):
    """R = -(d-1)(d+2) pi w s / (a sqrt(a + 4 w s)), a = 1 + 4 b, for the features of one layer of erf."""
    w, b, s = mpf(3) / 2, mpf(1) / 10, mpf(1)
    a = 1 + 4 * b
    for dim in (2, 3, 5):
        expected = -(dim - 1) * (dim + 2) * mp.pi * w * s / (a * mp.sqrt(a + 4 * w * s))
        computed = features(catalogue["erf"], 1, s, [w], [b], dim)[0]["ricci"]
        assert abs(computed / expected - 1) < mpf(10) ** -60


def check_shallow_features(catalogue):
    known = {**catalogue, "exp(-x^2/2)": Smooth(lambda x: mp.exp(-x * x / 2), lambda x: -x * mp.exp(-x * x / 2))}
    for name, chi, rate, second, volume, ricci2, ricci3 in rows(SHALLOW_FEATURES):
        one = [mpf(1)]
        plane, a = features(known[name], 1, mpf(1), one, one, 2)
        space, _ = features(known[name], 1, mpf(1), one, one, 3)
        found = (a[0], a[1] / a[0], a[2] / a[0] - (a[1] / a[0])**2, mp.exp(plane["log_volume"]), plane["ricci"], space["ricci"])
        for text, value in zip((chi, rate, second, volume, ricci2, ricci3), found):
            agree(f"{name}, one layer", value, text)


def check_deep_features(catalogue):
    for name, depth, first, later, *texts in rows(DEEP_FEATURES):
        depth = int(depth)
        (w1, b1), (w, b) = ([mpf(v) for v in pair.split(",")] for pair in (first, later))
        weights, biases = [w1] + [w] * (depth - 1), [b1] + [b] * (depth - 1)
        plane, _ = features(catalogue[name], depth, mpf(1), weights, biases, 2)
        space, _ = features(catalogue[name], depth, mpf(1), weights, biases, 3)
        for text, value in zip(texts, (plane["A"], plane["B"], plane["ricci"], space["ricci"])):
            agree(f"{name}, depth {depth}", value, text)


def check_selu():
    alpha = -mp.sqrt(2 / mp.pi) / (mp.sqrt(mp.e) * mp.erfc(1 / mp.sqrt(2)) - 1)
    q_elu = mpf(1) / 2 + alpha**2 * (mp.exp(2) * mp.erfc(mp.sqrt(2)) / 2 - mp.sqrt(mp.e) * mp.erfc(1 / mp.sqrt(2)) + mpf(1) / 2)
    for text, value in zip(SELU_CONSTANTS, (alpha, 1 / mp.sqrt(q_elu))):
        agree("selu", value, text)


def check_metrics(catalogue):
    for check in (check_preactivation_metrics, check_preactivation_curvatures, check_erf_shallow, check_shallow_features,
                  check_deep_features):
        check(catalogue)
