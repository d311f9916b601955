// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "infwidth/io/npy.hpp"
#include "infwidth/training/data.hpp"

namespace infwidth {

/// A problem to learn.
///   window   of tasks in the plane: the square [-window, window]^2 that is worth looking at
struct Task {
  std::string name;
  TrainingData data;
  double window = 0;
};

/// The problems known by name:
///   xor          the four points (+-1, +-1), class 1 where the signs differ
///   noisy-xor    100 points about each of them, normal with standard deviation 1/4
///   sinusoid     400 uniform points of [-1, 1]^2, class 1 above y = (3/5) sin(7 x - 1)
///   circles      200 points on each of two circles of radius 1/2 and 1, with normal noise of 0.08
///   spirals      200 points on each of two spirals of one turn and a half, with normal noise of 0.03
///   two-points   (1, 1/5) and (-3/10, 4/5) with targets 1 and -3/2
/// Points are drawn by `seed` (Stream); xor and two-points have none.
std::vector<std::string> task_names();
/// Errors  UsageError for another name, with the names there are
Task make_task(const std::string& name, std::uint64_t seed);

/// A task of one's own.
///   points   CSV or .npy: rows are points
///   labels   whole numbers, one a point; any values: classes are numbered in increasing order
///   Errors   UsageError: as read_matrix; unequal numbers of rows; fewer than two classes
Task read_task(const std::string& points, const std::string& labels);
/// The same of what has been read: `name` and `labels_name` stand for the files.
Task labelled_task(const std::string& name, DataMatrix points, const std::string& labels_name, const std::vector<std::int64_t>& labels);

/// MNIST's and CIFAR-10's own files: `images` in IDX format (train-images-idx3-ubyte) with `labels` in IDX, or CIFAR-10 batches (data_batch_1.bin) without. Pixels are divided by 255.
///   most     the first so many images; 0: all
///   Errors   UsageError naming the file: cut short, another format, compressed
Task read_idx(const std::string& images, const std::string& labels, std::size_t most = 0);
Task read_cifar(const std::vector<std::string>& batches, std::size_t most = 0);

/// Tells data apart by their contents.
std::string fingerprint(const TrainingData& data);

/// One-hot targets minus 1/classes, for the squared loss on a task with classes.
void add_class_targets(TrainingData& data);

}  // namespace infwidth
