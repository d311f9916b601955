// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "infwidth/io/npy.hpp"
#include "infwidth/io/source.hpp"

namespace infwidth {

/// NumPy's archives of arrays: `numpy.savez` (stored) and `numpy.savez_compressed` (deflated), zip files whose members are .npy files. Of a zip file's liberties only those are
/// taken that NumPy uses: one directory at the end, members one after the other, no encryption; 64-bit sizes in the members' own headers alone.
///   Memory    the file, and what is read of it. Nothing is allocated for a size that the file claims: a member's is checked against the file and against what deflate can
///             make of its bytes, and the array's against the member's
///   Accuracy  as read_npy; a member's checksum is compared when its last byte has been read
class NpzFile {
 public:
  /// Reads the archive and its directory.
  ///   Errors   UsageError naming the file, and the member: no archive, one that is cut, damaged, overlapping, encrypted, compressed in another way or larger than 4 GiB; a member
  ///            that is no .npy file; two of one name; a checkpoint of PyTorch
  explicit NpzFile(const Source& source);

  /// Of the arrays, in the directory's order: that of the arguments of `numpy.savez`.
  const std::vector<std::string>& names() const { return names_; }
  bool has(const std::string& name) const;

  /// How messages call an array: "net.npz, array W1".
  std::string title(const std::string& name) const;
  /// Errors  UsageError: those of read_npy, damaged data; std::out_of_range: there is no such array
  NpyHeader header(const std::string& name) const;
  DataMatrix read(const std::string& name, const std::string& cure_of_not_finite) const;

 private:
  struct Member {
    std::uint64_t begin = 0, stored = 0, size = 0;  // where its bytes begin, how many they are, and how many they make
    std::uint32_t checksum = 0;
    bool deflated = false;
  };
  std::string name_, bytes_;
  std::vector<std::string> names_;
  std::vector<Member> members_;

  Source member(const std::string& name) const;
  friend class ZipDirectory;
};

}  // namespace infwidth
