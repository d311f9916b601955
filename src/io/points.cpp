// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/points.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr std::size_t first_buffer = std::size_t{1} << 18;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// `nan`, `-inf`, `Infinity`: what other programs write for what is no number.
bool is_not_finite(std::string_view field) {
  if (!field.empty() && (field.front() == '-' || field.front() == '+')) field.remove_prefix(1);
  std::string word(field.substr(0, 8));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word == "nan" || word == "inf" || word == "infinity" || word.starts_with("nan(");
}

}  // namespace

PointReader::PointReader(Read read, std::string name) : read_(std::move(read)), name_(std::move(name)), buffer_(first_buffer) {}

PointReader::PointReader(Source source) : PointReader(std::move(source.read), std::move(source.name)) { size_ = source.size; }

PointReader PointReader::open(const std::string& path) {
  const Source source = open_source(path);
  std::string begin(npy_magic_size, '\0');
  begin.resize(source.fill(begin.data(), begin.size()));
  const bool npy = is_npy(begin);
  PointReader reader(source.after(std::move(begin)));
  if (!npy) return reader;
  reader.array_ = read_npy({reader.read_, reader.name_, reader.size_});
  reader.dimension_ = reader.array_->columns;
  reader.size_ = reader.array_->values.size() * sizeof(double);
  return reader;
}

std::span<const double> PointReader::next_of_array() {
  if (line_ == array_->rows) return {};
  bytes_ += dimension_ * sizeof(double);
  return array_->row(line_++);
}

void PointReader::refuse(const std::string& what) const { throw UsageError(name_ + ", line " + std::to_string(line_) + what); }

bool PointReader::next_line(std::string_view& text) {
  std::size_t searched = begin_;
  for (;;) {
    const char* const data = buffer_.data();
    const void* const newline = std::memchr(data + searched, '\n', end_ - searched);
    if (newline != nullptr || (at_end_ && begin_ < end_)) {
      const std::size_t stop = newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - data) : end_;
      text = std::string_view(data + begin_, stop - begin_);
      begin_ = std::min(stop + 1, end_);
      ++line_;
      return true;
    }
    if (at_end_) return false;
    // No whole line is left: move what there is to the front, make room, read on.
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    searched = end_;
    if (end_ == buffer_.size()) {
      if (end_ >= longest_line) {
        ++line_;
        refuse(": longer than " + std::to_string(longest_line) + " bytes; is this a file of points, one a line?");
      }
      buffer_.resize(2 * buffer_.size());
    }
    const std::size_t count = read_(buffer_.data() + end_, buffer_.size() - end_);
    at_end_ = count == 0;
    end_ += count;
    bytes_ += count;
  }
}

bool PointReader::is_header(std::string_view text) const {
  bool any_name = false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view field = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (field.empty()) continue;
    const auto first = static_cast<unsigned char>(field.front());
    const bool name = std::isalpha(first) != 0 || first == '_' || first == '"' || first == '\'' || first == '$' || first == '|' || first >= 0x80;
    if (!name || is_not_finite(field)) return false;
    any_name = true;
  }
  return any_name;
}

bool PointReader::next_row(std::string_view& text) {
  while (next_line(text)) {
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    const void* const zero = std::memchr(text.data(), '\0', text.size());
    if (zero != nullptr)
      refuse(", column " + std::to_string(static_cast<const char*>(zero) - text.data() + 1) + ": a zero byte; this is not a text file");
    text = text.substr(0, text.find('#'));
    if (std::all_of(text.begin(), text.end(), is_blank)) continue;
    if (!std::exchange(may_be_header_, false) || !is_header(text)) return any_row_ = true;
    dimension_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) + 1;
  }
  if (!any_row_) throw UsageError(name_ + ": holds no point; give one point a line, its numbers between commas");
  return false;
}

/// Calls take(field, number from 1, column from 1) for each, then holds the row's length against the others'.
template <class Take>
void PointReader::read_fields(std::string_view text, Take take) {
  std::size_t number = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const void* const comma = std::memchr(text.data() + at, ',', text.size() - at);
    const std::size_t end = comma == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(comma) - text.data());
    take(trimmed(text.substr(at, end - at)), ++number, at + 1);
    at = end + 1;
  }
  if (dimension_ == 0) dimension_ = number;
  if (number != dimension_)
    refuse(": " + std::to_string(number) + (number == 1 ? " number" : " numbers") + ", where the lines before have " + std::to_string(dimension_) +
           "; all points need the same length");
}

Rational PointReader::exact(std::string_view field, std::size_t number, std::size_t column) const {
  const std::string where = ", field " + std::to_string(number) + " (column " + std::to_string(column) + "): ";
  if (field.empty()) refuse(where + "is empty; give a number, like 3/2, 0.1 or 1e-6");
  if (is_not_finite(field)) refuse(where + "'" + shown(field) + "' is not a finite number; leave such points out");
  // A number has no such character, and parse_rational shows the text as it is.
  const bool printable = std::all_of(field.begin(), field.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!printable) refuse(where + "'" + shown(field) + "' is not a number; write it like 3/2, 0.1 or 1e-6");
  try {
    return parse_rational(field);
  } catch (const UsageError& error) {
    const bool spaced = field.find_first_of(" \t;") != std::string_view::npos;
    refuse(where + error.what() + (spaced ? ", with commas between numbers" : ""));
  }
}

double PointReader::rounded(std::string_view field, std::size_t number, std::size_t column) const {
  double x = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), x);
  if (error == std::errc() && end == field.data() + field.size() && std::isfinite(x)) return x;
  // A fraction, a number beyond a double, or none at all.
  const Rational value = exact(field, number, column);
  Precision p(128);
  const double nearest = Ball(value).to_double();
  if (!std::isfinite(nearest))
    refuse(", field " + std::to_string(number) + " (column " + std::to_string(column) + "): '" + shown(field) + "' is beyond double precision; use the engine ball");
  return nearest;
}

bool PointReader::next(std::vector<Rational>& point) {
  point.clear();
  if (array_) {
    for (const double x : next_of_array()) point.emplace_back(x);
    return !point.empty();
  }
  std::string_view text;
  if (!next_row(text)) return false;
  read_fields(text, [&](std::string_view field, std::size_t number, std::size_t column) { point.push_back(exact(field, number, column)); });
  return true;
}

std::size_t PointReader::next(std::vector<double>& points, std::size_t rows) {
  if (postponed_) throw UsageError(*postponed_);
  std::size_t count = 0;
  if (array_) {
    for (std::span<const double> row; count < rows && !(row = next_of_array()).empty(); ++count) points.insert(points.end(), row.begin(), row.end());
    return count;
  }
  std::string_view text;
  while (count < rows) {
    const std::size_t whole = points.size();
    try {
      if (!next_row(text)) break;
      read_fields(text, [&](std::string_view field, std::size_t number, std::size_t column) { points.push_back(rounded(field, number, column)); });
    } catch (const UsageError& error) {
      points.resize(whole);
      if (count == 0) throw;
      postponed_ = error.what();
      break;
    }
    ++count;
  }
  return count;
}

}  // namespace infwidth
