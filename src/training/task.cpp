// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/task.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <numbers>

#include "infwidth/io/fingerprint.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/matrix.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

constexpr std::uint32_t part_of_points = 0x7461736b;  // "task": a stream that no layer of a network has

/// Points of the plane one by one.
class Plane {
 public:
  explicit Plane(std::string name, double window) {
    task_.name = std::move(name);
    task_.window = window;
    task_.data.dimension = 2;
    task_.data.classes = 2;
  }
  void add(double x, double y, int label) {
    task_.data.inputs.insert(task_.data.inputs.end(), {x, y});
    task_.data.labels.push_back(label);
    ++task_.data.points;
  }
  Task task() && { return std::move(task_); }

 private:
  Task task_;
};

Task exclusive_or() {
  Plane plane("xor", 1.5);
  for (const double x : {-1.0, 1.0}) {
    for (const double y : {-1.0, 1.0}) plane.add(x, y, x * y < 0 ? 1 : 0);
  }
  return std::move(plane).task();
}

Task noisy_exclusive_or(std::uint64_t seed) {
  constexpr std::size_t a_corner = 100;
  std::vector<double> noise(8 * a_corner);
  Stream(seed, 0, part_of_points).normals(noise, 0.25);
  Plane plane("noisy-xor", 2);
  for (std::size_t k = 0; k < 4 * a_corner; ++k) {
    const double x = k % 4 < 2 ? -1 : 1, y = k % 2 == 0 ? -1 : 1;
    plane.add(x + noise[2 * k], y + noise[2 * k + 1], x * y < 0 ? 1 : 0);
  }
  return std::move(plane).task();
}

Task sinusoid(std::uint64_t seed) {
  constexpr std::size_t points = 400;
  std::vector<double> u(2 * points);
  Stream(seed, 0, part_of_points).uniforms(u);
  Plane plane("sinusoid", 1);
  for (std::size_t k = 0; k < points; ++k) {
    const double x = 2 * u[2 * k] - 1, y = 2 * u[2 * k + 1] - 1;
    plane.add(x, y, y > 0.6 * std::sin(7 * x - 1) ? 1 : 0);
  }
  return std::move(plane).task();
}

Task circles(std::uint64_t seed) {
  constexpr std::size_t a_class = 200;
  std::vector<double> angle(2 * a_class), noise(4 * a_class);
  Stream(seed, 0, part_of_points).uniforms(angle);
  Stream(seed, 1, part_of_points).normals(noise, 0.08);
  Plane plane("circles", 1.4);
  for (std::size_t k = 0; k < 2 * a_class; ++k) {
    const double r = k % 2 == 0 ? 0.5 : 1, a = 2 * std::numbers::pi * angle[k];
    plane.add(r * std::cos(a) + noise[2 * k], r * std::sin(a) + noise[2 * k + 1], static_cast<int>(k % 2));
  }
  return std::move(plane).task();
}

Task spirals(std::uint64_t seed) {
  constexpr std::size_t a_class = 200;
  std::vector<double> along(2 * a_class), noise(4 * a_class);
  Stream(seed, 0, part_of_points).uniforms(along);
  Stream(seed, 1, part_of_points).normals(noise, 0.03);
  Plane plane("spirals", 1.2);
  for (std::size_t k = 0; k < 2 * a_class; ++k) {
    const double t = std::sqrt(along[k]), a = 3 * std::numbers::pi * t + (k % 2 == 0 ? 0 : std::numbers::pi);
    plane.add(t * std::cos(a) + noise[2 * k], t * std::sin(a) + noise[2 * k + 1], static_cast<int>(k % 2));
  }
  return std::move(plane).task();
}

Task two_points() {
  Task task{"two-points", {2, 2, 0, 1, {1, 0.2, -0.3, 0.8}, {}, {1, -1.5}}, 1.5};
  return task;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(shown(path) + ": cannot be read; check the name and the permissions");
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.starts_with("\x1f\x8b")) throw UsageError(shown(path) + ": is compressed; unpack it with gunzip first");
  return bytes;
}

/// IDX: two zeros, the type (8: bytes), the number of axes, their lengths as four bytes each, most significant first, then the bytes.
struct Idx {
  std::vector<std::size_t> shape;
  std::string_view data;
};

Idx parse_idx(const std::string& bytes, const std::string& path, std::size_t axes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.size() < 4 + 4 * axes || byte(0) != 0 || byte(1) != 0 || byte(2) != 8 || byte(3) != axes) {
    throw UsageError(shown(path) + ": is no IDX file of bytes with " + std::to_string(axes) + (axes == 1 ? " axis" : " axes") + ", as MNIST's are");
  }
  Idx idx;
  std::size_t count = 1;
  for (std::size_t a = 0; a < axes; ++a) {
    idx.shape.push_back((byte(4 + 4 * a) << 24) + (byte(5 + 4 * a) << 16) + (byte(6 + 4 * a) << 8) + byte(7 + 4 * a));
    if (idx.shape.back() != 0 && count > bytes.size() / idx.shape.back()) count = bytes.size() + 1;  // more than there is
    else count *= idx.shape.back();
  }
  idx.data = std::string_view(bytes).substr(4 + 4 * axes);
  if (idx.data.size() != count || count == 0) throw UsageError(shown(path) + ": has " + std::to_string(idx.data.size()) + " bytes of data, not what its header says; it is cut short or damaged");
  return idx;
}

void add_pixels(TrainingData& data, std::string_view pixels) {
  for (const char c : pixels) data.inputs.push_back(static_cast<double>(static_cast<unsigned char>(c)) / 255);
}

}  // namespace

std::vector<std::string> task_names() { return {"xor", "noisy-xor", "sinusoid", "circles", "spirals", "two-points"}; }

Task make_task(const std::string& name, std::uint64_t seed) {
  if (name == "xor") return exclusive_or();
  if (name == "noisy-xor") return noisy_exclusive_or(seed);
  if (name == "sinusoid") return sinusoid(seed);
  if (name == "circles") return circles(seed);
  if (name == "spirals") return spirals(seed);
  if (name == "two-points") return two_points();
  std::string known;
  for (const std::string& n : task_names()) known += (known.empty() ? "" : ", ") + n;
  throw UsageError(shown(name) + " is no task; there are " + known);
}

Task read_task(const std::string& points, const std::string& labels) {
  DataMatrix matrix = read_matrix(points);
  return labelled_task(points, std::move(matrix), labels, read_labels(labels));
}

Task labelled_task(const std::string& points, DataMatrix matrix, const std::string& labels, const std::vector<std::int64_t>& given) {
  if (given.size() != matrix.rows) {
    throw UsageError(shown(labels) + ": " + std::to_string(given.size()) + " labels for the " + std::to_string(matrix.rows) + " points of " + shown(points) + "; there is one a point");
  }
  std::map<std::int64_t, int> number;
  for (const std::int64_t l : given) number[l] = 0;
  if (number.size() < 2) throw UsageError(shown(labels) + ": all labels are alike; two classes are the least that can be told apart");
  int next = 0;
  for (auto& [label, n] : number) n = next++;
  Task task;
  task.name = points;
  task.data = {matrix.rows, matrix.columns, number.size(), 0, std::move(matrix.values), {}, {}};
  for (const std::int64_t l : given) task.data.labels.push_back(number.at(l));
  if (task.data.dimension == 2) {
    for (const double c : task.data.inputs) task.window = std::max(task.window, 1.1 * std::abs(c));
  }
  return task;
}

Task read_idx(const std::string& images, const std::string& labels, std::size_t most) {
  const std::string image_bytes = bytes_of(images), label_bytes = bytes_of(labels);
  const Idx pixels = parse_idx(image_bytes, images, 3), classes = parse_idx(label_bytes, labels, 1);
  if (pixels.shape[0] != classes.shape[0]) {
    throw UsageError(shown(labels) + ": " + std::to_string(classes.shape[0]) + " labels for the " + std::to_string(pixels.shape[0]) + " images of " + shown(images) + "; they belong to different sets");
  }
  Task task;
  task.name = images;
  TrainingData& data = task.data;
  data.points = most == 0 ? pixels.shape[0] : std::min(most, pixels.shape[0]);
  data.dimension = pixels.shape[1] * pixels.shape[2];
  data.classes = 10;
  data.inputs.reserve(data.points * data.dimension);
  add_pixels(data, pixels.data.substr(0, data.points * data.dimension));
  for (std::size_t k = 0; k < data.points; ++k) {
    const int label = static_cast<unsigned char>(classes.data[k]);
    if (label > 9) throw UsageError(shown(labels) + ": label " + std::to_string(label) + " of image " + std::to_string(k + 1) + "; the digits are 0 to 9");
    data.labels.push_back(label);
  }
  return task;
}

Task read_cifar(const std::vector<std::string>& batches, std::size_t most) {
  constexpr std::size_t pixels = 3072, record = pixels + 1;
  Task task;
  TrainingData& data = task.data;
  data.dimension = pixels;
  data.classes = 10;
  for (const std::string& path : batches) {
    task.name += (task.name.empty() ? "" : ",") + path;
    const std::string bytes = bytes_of(path);
    if (bytes.empty() || bytes.size() % record != 0) {
      throw UsageError(shown(path) + ": " + std::to_string(bytes.size()) + " bytes are no whole number of CIFAR-10's records of " + std::to_string(record) + "; is it the binary version?");
    }
    for (std::size_t at = 0; at < bytes.size() && (most == 0 || data.points < most); at += record, ++data.points) {
      const int label = static_cast<unsigned char>(bytes[at]);
      if (label > 9) throw UsageError(shown(path) + ": label " + std::to_string(label) + " of image " + std::to_string(at / record + 1) + "; CIFAR-10's are 0 to 9");
      data.labels.push_back(label);
      add_pixels(data, std::string_view(bytes).substr(at + 1, pixels));
    }
  }
  return task;
}

std::string fingerprint(const TrainingData& data) {
  const std::string shape = std::to_string(data.points) + " x " + std::to_string(data.dimension) + ", " + std::to_string(data.classes) + " classes, " + std::to_string(data.outputs) + " targets";
  return Fingerprint().add(shape).add(data.inputs).add(data.labels).add(data.targets).text();
}

void add_class_targets(TrainingData& data) {
  data.outputs = data.classes;
  data.targets.assign(data.points * data.classes, -1 / static_cast<double>(data.classes));
  for (std::size_t k = 0; k < data.points; ++k) data.targets[k * data.classes + static_cast<std::size_t>(data.labels[k])] += 1;
}

}  // namespace infwidth
