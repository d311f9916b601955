// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace infwidth::cli {

/// The form of an answer: that of --format, else that of the file's ending (.csv, .json, .tex, .txt, .py, .m), else the first of `words`.
///   given    of --format, "" where it was not
///   output   the file of --output, "" for standard output
///   words    the forms that the command has
///   Errors   UsageError: --format is none of them; the ending is that of another form than --format's, or of one that the command does not
///   write (.npy, .pdf)
std::string decided_format(const std::string& given, const std::string& output, const std::vector<std::string>& words);

}  // namespace infwidth::cli
