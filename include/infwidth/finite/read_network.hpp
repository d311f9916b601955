// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/finite/layer_arrays.hpp"
#include "infwidth/finite/network.hpp"
#include "infwidth/io/npz.hpp"

namespace infwidth {

/// How a file's layers are to be read.
///   activations   one for all hidden layers, or one a layer
///   readout       the last layer is no hidden one: false where the file ends with a hidden layer. Of n activations (n > 1) n layers are
///   all
///                 hidden, and n + 1 have a readout, whatever stands here; so has the one layer of one activation
///   choice        which arrays are meant, and how they stand, where the file leaves it open
struct NetworkFileOptions {
  std::vector<Activation> activations;
  bool readout = true;
  ArrayChoice choice = {};
};

/// A network of a file, and the arrays that it was made of.
struct NetworkOfFile {
  FiniteNetwork network;
  LayerArrays arrays;
};

/// A network that somebody else has made and trained, from an archive of its weights (`numpy.savez`): h^1 = W1 x + b1, h^2 = W2 phi(h^1) +
/// b2, .., without factors of 1/sqrt(n). Biases may be left out: 0. `layer_arrays` says which arrays are the layers'.
///   Accuracy   the file's numbers
///   Errors     UsageError naming file, array and place: what NpzFile, read_npy and layer_arrays refuse; another number of layers than the
///              activations are for; a number that is not finite
NetworkOfFile read_network(const NpzFile& file, const std::string& name, const NetworkFileOptions& options);
/// `path`: a file, or - for standard input.
NetworkOfFile read_network(const std::string& path, const NetworkFileOptions& options);

/// "2-100-50, readout 10": the dimension of the input, and the units of the layers.
std::string shape_text(const FiniteNetwork& network);

}  // namespace infwidth
