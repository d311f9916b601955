// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/core.h>

#include "checkpoint.hpp"
#include "commands.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/matrix.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/validation/flow_study.hpp"
#include "quantities.hpp"
#include "study_rows.hpp"
#include "training_rows.hpp"
#include "training_save.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string widths = "100", gamma, task, train, labels, mnist, cifar, images;
  std::string loss = "cross-entropy", reduction = "mean", optimiser = "sgd", rate = "0.1", momentum = "0.9", decay = "0", batch = "0", epochs = "1000", schedule = "constant", warmup = "0", seed = "1";
  std::string record, grid = "60", line, plane, window, save, figure, threads, checkpoint;
  std::string at, times = "1/4,1,4", draws = "1000", noise = "1/4", alpha = "1e-3";
  bool curvature = false, spectrum = false, layers = false, resume = false, validate = false;
};

constexpr const char* command = "infwidth train";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth train --task xor --activation sigmoid --sigma-b2 1 --widths 100 --rate 0.02 --epochs 2000 --record 0,50,500,2000 --figure xor.pdf\n"
    "  infwidth train --task sinusoid --activation sigmoid --sigma-b2 1 --widths 250 --batch 50 --epochs 2000 --figure sinusoid.pdf --save sinusoid\n"
    "  infwidth train --train X.npy --labels y.npy --activation relu --widths 512,512 --optimiser adam --rate 1e-3 --epochs 30 --batch 100 --line 1,7\n"
    "  infwidth train --task circles --activation tanh --widths 400 --parameterization mup --optimiser sgd --rate 0.05 --momentum 0\n"
    "  infwidth train --validate --task two-points --activation tanh --sigma-w2 3/2,6/5 --sigma-b2 0 --widths 64 --at 3/5,4/5 --draws 2000\n"
    "\n"
    "Draws a network, trains it, and looks at its geometry at the epochs of --record (0 is before the first step): on a grid of the plane,\n"
    "along a line between two data points, or on the plane through three. A row has loss, accuracy, and how log-volume goes with the distance\n"
    "from the final decision boundary: its mean within 0.1 of it minus that beyond 0.4 (contrast), the rank correlation, the same given |x|,\n"
    "and that of the change since the first record; then the symmetry-breaking index |g - Pg|^2 / |g_infinite|^2 beside what a random network\n"
    "of these widths has.\n"
    "Parameterizations: standard (PyTorch's; the default), ntk (the kernel regime when wide), mup (the mean-field limit: ntk with --gamma\n"
    "sqrt(width)). --rate is that of the function: gradient descent multiplies it by gamma^2, Adam by gamma.\n"
    "--validate holds the theory of training against networks of one hidden layer and one output trained by gradient flow, of the width and four\n"
    "times it: how the metric at --at moves (exact at the start; n times the change at --times, second derivative in mean-field scaling),\n"
    "what is predicted there, the posterior's shift; rows and verdict as those of infwidth validate, exit code 5 if it disagrees.\n"
    "Ctrl-C ends the training and tells what is known; --checkpoint FILE keeps the state, and --resume goes on to the same bits.";

double parsed_real(const std::string& flag, const std::string& text) {
  return for_flag(flag, [&] { return parse_double(text); });
}

std::vector<std::uint64_t> parsed_numbers(const std::string& flag, const std::string& text, std::uint64_t least) {
  return for_flag(flag, [&] {
    std::vector<std::uint64_t> numbers;
    for (const Rational& x : parse_list(text)) {
      if (denominator(x) != 1 || x < least || x > 1'000'000'000'000) throw UsageError(to_string(x) + " is no whole number from " + std::to_string(least));
      numbers.push_back(static_cast<std::uint64_t>(numerator(x)));
    }
    return numbers;
  });
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

Task task_of(const Flags& flags, std::uint64_t seed) {
  const int given = (flags.task.empty() ? 0 : 1) + (flags.train.empty() ? 0 : 1) + (flags.mnist.empty() ? 0 : 1) + (flags.cifar.empty() ? 0 : 1);
  if (given != 1) throw UsageError("give one of --task NAME, --train FILE with --labels FILE, --mnist IMAGES,LABELS and --cifar BATCH[,BATCH..]: what is learned");
  const std::size_t most = flags.images.empty() ? 0 : static_cast<std::size_t>(parse_count(flags.images, 1, 1'000'000'000, "--images"));
  if (!flags.task.empty()) return for_flag("--task", [&] { return make_task(flags.task, seed); });
  if (!flags.mnist.empty()) {
    const std::vector<std::string> files = split(flags.mnist);
    if (files.size() != 2) throw UsageError("--mnist: name two files, the images and the labels: train-images-idx3-ubyte,train-labels-idx1-ubyte");
    return for_flag("--mnist", [&] { return read_idx(files[0], files[1], most); });
  }
  if (!flags.cifar.empty()) return for_flag("--cifar", [&] { return read_cifar(split(flags.cifar), most); });
  if (flags.labels.empty()) throw UsageError("--labels is missing: the file of the classes of --train's points");
  DataMatrix points = for_flag("--train", [&] { return read_matrix(flags.train); });
  return for_flag("--labels", [&] { return labelled_task(flags.train, std::move(points), flags.labels, read_labels(flags.labels)); });
}

Schedule schedule_of(const Flags& flags) {
  Schedule schedule;
  const std::size_t colon = flags.schedule.find(':');
  switch (choice("--schedule", flags.schedule.substr(0, colon), {"constant", "step", "cosine"})) {
    case 0: break;
    case 1: {
      schedule.kind = Schedule::Kind::step;
      const std::vector<std::string> parts = colon == std::string::npos ? std::vector<std::string>() : split(flags.schedule.substr(colon + 1));
      if (parts.size() != 2) throw UsageError("--schedule: write step:FACTOR,EVERY, like step:1/10,1000");
      schedule.factor = parsed_real("--schedule", parts[0]);
      schedule.every = parsed_numbers("--schedule", parts[1], 1)[0];
      break;
    }
    default: schedule.kind = Schedule::Kind::cosine;
  }
  schedule.warmup = static_cast<std::uint64_t>(parse_count(flags.warmup, 0, 1'000'000'000, "--warmup"));
  return schedule;
}

TrainingOptions training_of(const Flags& flags, const std::vector<std::uint64_t>& widths) {
  TrainingOptions o;
  o.loss = std::vector<Loss>{Loss::cross_entropy, Loss::squared, Loss::logistic}[choice("--loss", flags.loss, {"cross-entropy", "squared", "logistic"})];
  o.reduction = choice("--reduction", flags.reduction, {"mean", "sum"}) == 0 ? Reduction::mean : Reduction::sum;
  const std::size_t kind = choice("--parameterization", flags.network.parameterization, {"standard", "ntk", "mup"});
  o.parameters.kind = kind == 0 ? Parameterization::standard : Parameterization::ntk;
  if (kind == 2) o.parameters.output_scale = std::sqrt(static_cast<double>(widths.back()));
  if (!flags.gamma.empty()) {
    if (kind == 2) throw UsageError("--gamma: mup has its own, the root of the width; leave it out, or take --parameterization ntk");
    o.parameters.output_scale = parsed_real("--gamma", flags.gamma);
  }
  o.optimiser.method = choice("--optimiser", flags.optimiser, {"sgd", "adam"}) == 0 ? Method::gradient_descent : Method::adam;
  o.optimiser.rate = parsed_real("--rate", flags.rate);
  o.optimiser.momentum = parsed_real("--momentum", flags.momentum);
  o.optimiser.weight_decay = parsed_real("--decay", flags.decay);
  o.schedule = schedule_of(flags);
  o.epochs = static_cast<std::uint64_t>(parse_count(flags.epochs, 0, 1'000'000'000, "--epochs"));
  o.batch = static_cast<std::uint64_t>(parse_count(flags.batch, 0, 1'000'000'000, "--batch"));
  o.seed = static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  o.threads = parsed_threads(flags.threads);
  return o;
}

/// A data point by its number, from 1.
std::span<const double> data_point(const TrainingData& data, std::uint64_t number, const std::string& flag) {
  if (number < 1 || number > data.points) throw UsageError(flag + ": there is no point " + std::to_string(number) + "; they are numbered from 1 to " + std::to_string(data.points));
  return {data.inputs.data() + (number - 1) * data.dimension, data.dimension};
}

std::optional<Probe> probe_of(const Flags& flags, const Task& task) {
  const std::size_t side = static_cast<std::size_t>(parse_count(flags.grid, 0, 2000, "--grid"));
  if (!flags.line.empty() && !flags.plane.empty()) throw UsageError("--line and --plane: the geometry is recorded on one of them; leave the other out");
  if (!flags.line.empty()) {
    const std::vector<std::uint64_t> ends = parsed_numbers("--line", flags.line, 1);
    if (ends.size() != 2) throw UsageError("--line: write the numbers of two data points, like 1,7");
    return for_flag("--line", [&] { return line_probe(data_point(task.data, ends[0], "point"), data_point(task.data, ends[1], "point"), std::max<std::size_t>(side, 2)); });
  }
  if (!flags.plane.empty()) {
    const std::vector<std::uint64_t> corners = parsed_numbers("--plane", flags.plane, 1);
    if (corners.size() != 3) throw UsageError("--plane: write the numbers of three data points, like 5,6,1");
    return for_flag("--plane", [&] {
      return plane_probe(data_point(task.data, corners[0], "point"), data_point(task.data, corners[1], "point"), data_point(task.data, corners[2], "point"), std::max<std::size_t>(side, 2));
    });
  }
  const bool elsewhere = task.data.dimension != 2;
  if (elsewhere && !flags.window.empty()) throw UsageError("--window: these data are no points of the plane; look at a --line or a --plane through some of them");
  if (elsewhere || side < 2) return std::nullopt;
  const double window = flags.window.empty() ? task.window : parsed_real("--window", flags.window);
  if (!(window > 0)) throw UsageError("--window: half the side of the square that is looked at, a positive number");
  return grid_probe(window, side);
}

Subject subject_of(const Flags& flags, const NetworkFlags& network) {
  Subject subject = network.subject();
  subject.insert(subject.end(), {{"widths", flags.widths}, {"task", flags.task}, {"seed", flags.seed}});
  return subject;
}

int stopped(const Flags& flags, const std::string& what, Answer& answer) {
  complain(command, "stopped after " + what + "; this is what is known" + (flags.checkpoint.empty() ? "" : ", and --resume goes on from " + shown(flags.checkpoint)));
  try {
    answer.budget().check();
  } catch (const Stopped&) {
    return interrupted;
  } catch (const NotReached&) {
  }
  return not_reached;
}

/// The flags that the numbers depend on. What a file holds is told apart by its contents.
std::string identity_of(const Flags& f) {
  std::string text = f.network.description() + ", " + f.network.input_scaling;
  for (const std::string* part : {&f.network.parameterization, &f.network.residual, &f.widths, &f.gamma, &f.task, &f.loss, &f.reduction, &f.optimiser, &f.rate,
                                  &f.momentum, &f.decay, &f.batch, &f.schedule, &f.warmup, &f.seed, &f.record}) {
    text += ", " + *part;
  }
  if (f.schedule == "cosine") text += ", " + f.epochs;
  return text;
}

/// A flag that would change nothing is refused, with the reason.
void refuse_idle_flags(const CLI::App& given, const Flags& f) {
  const auto refuse = [&](const std::vector<std::string>& names, const std::string& why) {
    for (const std::string& name : names) {
      if (given.get_option(name)->count() > 0) throw UsageError(name + ": " + why + "; leave it out");
    }
  };
  if (f.train.empty()) refuse({"--labels"}, "the classes are those of the points of --train, which is not given");
  if (f.mnist.empty() && f.cifar.empty()) refuse({"--images"}, "it is about --mnist and --cifar, and neither is given");
  if (f.validate) {
    refuse({"--gamma", "--loss", "--reduction", "--optimiser", "--rate", "--momentum", "--decay", "--batch", "--epochs", "--schedule", "--warmup", "--record", "--grid", "--window", "--line", "--plane", "--curvature",
            "--spectrum", "--all-layers", "--figure", "--save"},
           "--validate trains by gradient flow, on half the sum of squares, and looks at one point");
    if (given.get_option("--parameterization")->count() > 0 && f.network.parameterization != "ntk") throw UsageError("--parameterization: the theory of --validate is that of ntk; leave it out");
    return;
  }
  refuse({"--at", "--times", "--draws", "--noise", "--alpha"}, "it is about --validate");
  if (f.optimiser == "adam") refuse({"--momentum"}, "adam has its own");
  if (f.epochs == "0") refuse({"--rate", "--momentum", "--decay", "--batch", "--schedule", "--warmup"}, "no epoch is trained");
  const bool in_plane = f.line.empty() && f.plane.empty();
  if (!in_plane) refuse({"--window"}, "--line and --plane have their own");
  if (f.grid == "0" && in_plane) refuse({"--window"}, "--grid 0 looks nowhere");
  if (f.save.empty()) refuse({"--spectrum", "--all-layers"}, "it is written by --save alone, which is not given");
  if (f.save.empty() && (f.figure.empty() || !f.line.empty())) refuse({"--curvature"}, "it is shown by --save, and by --figure of a plane");
}

/// The theory of training against trained networks.
int answer_validation(const Flags& flags, Answer& answer) {
  const std::vector<std::uint64_t> widths = for_flag("--widths", [&] { return parsed_widths(flags.widths); });
  if (widths.size() != 1) throw UsageError("--widths: the theory of training is that of one hidden layer; give one width");
  NetworkFlags network = flags.network;
  network.parameterization = "ntk";
  FlowStudyOptions options;
  options.draws = static_cast<std::uint64_t>(parse_count(flags.draws, 20, 1'000'000'000'000, "--draws"));
  options.seed = static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  options.alpha = parsed_share("--alpha", flags.alpha);
  options.noise = parsed_real("--noise", flags.noise);
  options.threads = parsed_threads(flags.threads);
  options.checkpoint = flags.checkpoint;
  options.resume = flags.resume;
  options.budget = answer.budget();
  options.times = for_flag("--times", [&] { return parse_doubles(flags.times); });
  if (flags.at.empty()) throw UsageError("--at is missing: the point at which metric and output of the trained networks are looked at");
  const std::vector<double> at = for_flag("--at", [&] { return parse_doubles(flags.at); });
  const Task task = task_of(flags, options.seed);
  options.identity = identity_of(flags) + ", " + flags.at + ", " + flags.times + ", " + flags.noise + ", data " + fingerprint(task.data);
  Progress progress = answer.progress(2 * options.draws);
  options.progress = &progress;
  const StudyResult result = validate_flow(network.architecture(), widths[0], task.data, at, options);
  answer.about(subject_of(flags, network));
  write_study(result, network.description() + ", widths " + flags.widths + " and " + std::to_string(4 * widths[0]) + ", trained by gradient flow; " + task.name + ", " + std::to_string(result.draws) + " pairs, seed " + flags.seed,
              command, flags.answer, answer);
  if (!result.complete) return stopped(flags, std::to_string(result.draws) + " pairs", answer);
  return result.agrees() ? answered : disagrees;
}

int answer_question(const CLI::App& given, const Flags& flags, Answer& answer) {
  refuse_idle_flags(given, flags);
  require_checkpoint(flags.checkpoint, flags.resume);
  if (flags.validate) return answer_validation(flags, answer);
  HistoryOptions options;
  options.widths = for_flag("--widths", [&] { return parsed_widths(flags.widths); });
  if (options.widths.empty()) throw UsageError("--widths: none are given; write the units of each hidden layer, like --widths 100");
  NetworkFlags network = flags.network;
  network.parameterization = "ntk";
  if (network.depth.empty() && options.widths.size() > 1) network.depth = std::to_string(options.widths.size());
  options.network = network.architecture();
  options.training = training_of(flags, options.widths);
  Task task = task_of(flags, options.training.seed);
  if (options.training.loss == Loss::squared && task.data.targets.empty()) add_class_targets(task.data);
  options.record = flags.record.empty() ? std::vector<std::uint64_t>{0} : parsed_numbers("--record", flags.record, 0);
  options.probe = probe_of(flags, task);
  if (!options.probe && flags.grid != "0" && given.get_option("--grid")->count() > 0) {
    throw UsageError("--grid: " + std::string(task.data.dimension == 2 ? "one point a side is no grid; give 2 or more, or 0 for none" : "these data are no points of the plane; look at a --line or a --plane through some of them"));
  }
  options.of = {flags.curvature, flags.spectrum, flags.layers};
  options.checkpoint = flags.checkpoint;
  options.resume = flags.resume;
  if (!options.probe && !flags.figure.empty()) throw UsageError("--figure: there is nothing to draw, since the network is looked at nowhere; look at a --line or a --plane through data points, or on a --grid");
  if (!flags.figure.empty()) for_flag("--figure", [&] { return require_figure(flags.figure), 0; });
  if (!flags.save.empty()) for_flag("--save", [&] { return require_save(flags.save, answer), 0; });
  options.identity = identity_of(flags) + ", data " + fingerprint(task.data);
  options.budget = answer.budget();
  Progress progress = answer.progress(options.training.epochs);
  options.progress = &progress;
  options.see = [&](std::uint64_t, const EpochResult& result) { answer.note(fmt::format("loss {:.4g}", result.loss)); };
  answer.stops_slowly();
  Output* const figure = flags.figure.empty() ? nullptr : &answer.file(flags.figure);
  const History history = train(task, options);
  answer.about(subject_of(flags, network));
  write_history(history, options, task, network.description() + ", widths " + flags.widths + "; " + task.name + ", seed " + flags.seed + (history.complete ? "" : " (stopped)"), flags.answer, answer);
  if (figure != nullptr) figure->write(history_figure(history, *options.probe, task, flags.figure));
  if (!flags.save.empty()) save_history(flags.save, history, options, answer);
  if (history.complete) return answered;
  return stopped(flags, std::to_string(history.epochs) + " epochs", answer);
}

}  // namespace

Run add_train(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  flags->answer.engine = "double";
  flags->network.parameterization = "standard";
  CLI::App& train = *program.add_subcommand("train", "train a network, and watch its geometry");
  train.footer(examples);
  add_network_flags(train, flags->network);
  train.add_option("--residual", flags->network.residual, "residual connections between hidden layers: h + alpha (W phi(h) + b)")->type_name("alpha")->group("Network");
  train.add_option("--widths", flags->widths, "the units of the hidden layers (100); their number is the depth")->type_name("n[,n..]")->group("Network");
  train.add_option("--parameterization", flags->network.parameterization, "standard (the default), ntk or mup: what learning rates are about")->type_name("P")->group("Network");
  train.add_option("--gamma", flags->gamma, "the outputs are divided by it (1): small is lazy, large is rich")->type_name("g")->group("Network");
  train.add_option("--task", flags->task, "xor, noisy-xor, sinusoid, circles, spirals or two-points")->type_name("NAME")->group("Data");
  train.add_option("--train", flags->train, "points of your own: CSV or .npy, rows are points")->type_name("FILE")->group("Data");
  train.add_option("--labels", flags->labels, "their classes, whole numbers")->type_name("FILE")->group("Data");
  train.add_option("--mnist", flags->mnist, "MNIST's two files, unpacked")->type_name("IMAGES,LABELS")->group("Data");
  train.add_option("--cifar", flags->cifar, "CIFAR-10's binary batches")->type_name("BATCH[,BATCH..]")->group("Data");
  train.add_option("--images", flags->images, "only the first so many of them")->type_name("N")->group("Data");
  train.add_option("--loss", flags->loss, "cross-entropy (the default), squared or logistic")->type_name("L")->group("Training");
  train.add_option("--reduction", flags->reduction, "over the points: mean (the default) or sum")->type_name("R")->group("Training");
  train.add_option("--optimiser", flags->optimiser, "sgd (the default; all points at once without --batch) or adam")->type_name("O")->group("Training");
  train.add_option("--rate", flags->rate, "learning rate (0.1)")->type_name("r")->group("Training");
  train.add_option("--momentum", flags->momentum, "of sgd (0.9)")->type_name("m")->group("Training");
  train.add_option("--decay", flags->decay, "weight decay (0)")->type_name("d")->group("Training");
  train.add_option("--batch", flags->batch, "points a step; 0, the default: all of them")->type_name("B")->group("Training");
  train.add_option("--epochs", flags->epochs, "how many (1000)")->type_name("E")->group("Training");
  train.add_option("--schedule", flags->schedule, "of the learning rate: constant (the default), cosine, or step:FACTOR,EVERY")->type_name("S")->group("Training");
  train.add_option("--warmup", flags->warmup, "epochs in which the learning rate grows to its value (0)")->type_name("W")->group("Training");
  train.add_option("--seed", flags->seed, "of the network, the task's points and the batches (1)")->type_name("S")->group("Training");
  train.add_option("--record", flags->record, "epochs at which the geometry is recorded (0), beside the last one")->type_name("E[,E..]")->group("Geometry");
  train.add_option("--grid", flags->grid, "points a side of the grid, or along the line (60); 0: none")->type_name("N")->group("Geometry");
  train.add_option("--window", flags->window, "half the side of the square that is looked at (the task's)")->type_name("w")->group("Geometry");
  train.add_option("--line", flags->line, "look along the line through two data points, by their numbers")->type_name("i,j")->group("Geometry");
  train.add_option("--plane", flags->plane, "look at the plane through three data points, by their numbers")->type_name("i,j,k")->group("Geometry");
  train.add_flag("--curvature", flags->curvature, "record the Ricci scalar too")->group("Geometry");
  train.add_flag("--spectrum", flags->spectrum, "save the metric's eigenvalues too")->group("Geometry");
  train.add_flag("--all-layers", flags->layers, "log-volume of every hidden layer, not of the last alone")->group("Geometry");
  train.add_flag("--validate", flags->validate, "hold the theory of training against trained networks")->group("Theory");
  train.add_option("--at", flags->at, "the point at which they are looked at")->type_name("x1,x2,..")->group("Theory");
  train.add_option("--times", flags->times, "of gradient flow (1/4,1,4)")->type_name("t[,t..]")->group("Theory");
  train.add_option("--draws", flags->draws, "how many pairs of networks, of each width (1000)")->type_name("N")->group("Theory");
  train.add_option("--noise", flags->noise, "variance of the targets' noise, for the posterior (1/4)")->type_name("v")->group("Theory");
  train.add_option("--alpha", flags->alpha, "how often a true theory is called false (1e-3)")->type_name("a")->group("Theory");
  add_format_flags(train, flags->answer);
  train.add_option("--figure", flags->figure, "draw what was recorded: .pdf, .svg or .png, by gnuplot")->type_name("FILE")->group("Answer");
  train.add_option("--save", flags->save, "write what was recorded as NumPy files, PREFIX.log_volume.npy and others, the epoch of each row (PREFIX.epochs.npy), and the trained network (PREFIX.weights.npz, for --weights)")->type_name("PREFIX")->group("Answer");
  add_long_work_flags(train, flags->answer);
  train.add_option("--threads", flags->threads, "how many threads work; all cores by default, the same bits for any number")->type_name("T")->group("Long work");
  train.add_option("--checkpoint", flags->checkpoint, "a file that keeps the state")->type_name("FILE")->group("Long work");
  train.add_flag("--resume", flags->resume, "go on from the checkpoint")->group("Long work");
  return [flags, &train](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return answer_question(train, *flags, answer); });
  };
}

}  // namespace infwidth::cli
