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

/// `nan`, `-inf`, `Infinity`, `NA`: what other programs write for what is no number.
bool is_not_finite(std::string_view field) {
  if (!field.empty() && (field.front() == '-' || field.front() == '+')) field.remove_prefix(1);
  std::string word(field.substr(0, 8));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::string_view words[] = {"nan", "inf", "infinity", "na", "n/a", "null", "none"};
  return std::find(std::begin(words), std::end(words), word) != std::end(words) || word.starts_with("nan(");
}

/// A line without numbers: `#` after nothing but blanks. What spreadsheets and old C libraries write for what is no number begins with `#`
/// too, and is none.
bool is_comment(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('#')) return false;
  static constexpr std::string_view errors[] = {"#N/A",  "#NA",    "#DIV/0!", "#VALUE!", "#REF!", "#NAME?",
                                                "#NUM!", "#NULL!", "#INF",    "#IND",    "#QNAN", "#SNAN"};
  const std::string_view word = text.substr(0, text.find_first_of(",; \t"));
  return std::find(std::begin(errors), std::end(errors), word) == std::end(errors);
}

/// What stands between the numbers of a row: `;`, `,`, a tab, else blanks; 0 where it is one number. Where two are there, the first of this
/// list: `1,5;2,5` are decimal commas.
char separator_of(std::string_view text) {
  text = trimmed(text);
  for (const char c : {';', ',', '\t', ' '})
    if (text.find(c) != std::string_view::npos) return c;
  return 0;
}

/// The names of a header; a separator between quotes is part of the name.
std::vector<std::string_view> names_of(std::string_view text, char separator) {
  std::vector<std::string_view> names;
  const auto take = [&](std::string_view name) {
    if (separator != ' ' || !trimmed(name).empty()) names.push_back(trimmed(name));
  };
  std::size_t from = 0;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && trimmed(text.substr(from, at - from)).empty()) {
      quote = c;
    } else if (c == separator || (separator == ' ' && is_blank(c))) {
      take(text.substr(from, at - from));
      from = at + 1;
    }
  }
  take(text.substr(from));
  return names;
}

std::string_view unquoted(std::string_view name) {
  const bool quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return quoted ? trimmed(name.substr(1, name.size() - 2)) : name;
}

constexpr const char* index_cure =
    "an index is no coordinate: save the frame without it (pandas: to_csv(file, index=False); R: row.names = FALSE)";

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
  for (const std::string_view field : names_of(text, separator_of(text))) {
    const std::string_view name = unquoted(field);
    if (name.empty()) continue;
    const auto first = static_cast<unsigned char>(name.front());
    const bool begins_as_name = std::isalpha(first) != 0 || first == '_' || first == '$' || first == '|' || first >= 0x80;
    if (!begins_as_name || is_not_finite(name)) return false;
    any_name = true;
  }
  return any_name;
}

void PointReader::take_header(std::string_view text) {
  const std::string_view first = unquoted(names_of(text, separator_of(text)).front());
  if (first.empty() || first == "Unnamed: 0")
    refuse(": the first column " + std::string(first.empty() ? "has no name" : "is called 'Unnamed: 0'") +
           ", as an index has that a data frame was saved with; " + index_cure);
  header_ = text;
}

bool PointReader::next_row(std::string_view& text) {
  while (next_line(text)) {
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    const void* const zero = std::memchr(text.data(), '\0', text.size());
    if (zero != nullptr)
      refuse(", column " + std::to_string(static_cast<const char*>(zero) - text.data() + 1) + ": a zero byte; this is not a text file");
    const bool only_blanks = std::all_of(text.begin(), text.end(), is_blank);
    if (is_comment(text) || (only_blanks && (separator_ != '\t' || text.find('\t') == std::string_view::npos))) continue;
    if (std::exchange(may_be_header_, false) && is_header(text)) {
      take_header(text);
      continue;
    }
    if (separator_ == 0) separator_ = separator_of(text);
    // How many names a header has is known when it is known what stands between them.
    if (header_ && !any_row_) dimension_ = names_of(*header_, separator_).size();
    return any_row_ = true;
  }
  if (!any_row_) throw UsageError(name_ + ": holds no point; give one point a line, its numbers between commas or blanks");
  return false;
}

/// Calls take(field, number from 1, column from 1) for each, then holds the row's length against the others'.
template <class Take>
void PointReader::read_fields(std::string_view text, Take take) {
  std::size_t number = 0;
  if (separator_ == ' ') {
    for (std::size_t at = 0;;) {
      while (at < text.size() && is_blank(text[at])) ++at;
      if (at == text.size()) break;
      const std::size_t from = at;
      while (at < text.size() && !is_blank(text[at])) ++at;
      take(text.substr(from, at - from), ++number, from + 1);
    }
  } else {
    for (std::size_t at = 0; at <= text.size();) {
      const void* const found = std::memchr(text.data() + at, separator_, text.size() - at);
      const std::size_t end = found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
      take(trimmed(text.substr(at, end - at)), ++number, at + 1);
      at = end + 1;
    }
  }
  if (dimension_ == 0) dimension_ = number;
  if (number == dimension_) return;
  const std::string found = ": " + std::to_string(number) + (number == 1 ? " number" : " numbers");
  if (header_ && first_row_)
    refuse(found + ", where the header has " + std::to_string(dimension_) + (dimension_ == 1 ? " name" : " names") +
           (number == dimension_ + 1 ? std::string("; ") + index_cure : "; all lines need the same length"));
  refuse(found + ", where the lines before have " + std::to_string(dimension_) + "; all points need the same length");
}

Rational PointReader::exact(std::string_view field, std::size_t number, std::size_t column) const {
  const std::string where = ", field " + std::to_string(number) + " (column " + std::to_string(column) + "): ";
  if (field.empty())
    refuse(where + "is empty; give a number, like 3/2, 0.1 or 1e-6" +
           (first_row_ && number == 1 ? std::string(". If this line is the header of a data frame: ") + index_cure : ""));
  if (is_not_finite(field)) refuse(where + "'" + shown(field) + "' is not a finite number; leave such points out");
  // A number has no such character, and parse_rational shows the text as it is.
  const bool printable = std::all_of(field.begin(), field.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!printable) refuse(where + "'" + shown(field) + "' is not a number; write it like 3/2, 0.1 or 1e-6");
  try {
    return parse_rational(field);
  } catch (const UsageError& error) {
    std::string hint;
    if (field.find('#') != std::string_view::npos)
      hint = "; a comment has a line of its own";
    else if (separator_ == ';' && field.find(',') != std::string_view::npos)
      hint = ", with a point before the decimals";
    else if (field.find_first_of(" \t;") != std::string_view::npos)
      hint = std::string(", with ") +
             (separator_ == '\t'  ? "tabs"
              : separator_ == ';' ? "semicolons"
                                  : "commas") +
             " between numbers, as in the lines before";
    refuse(where + error.what() + hint);
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
    refuse(", field " + std::to_string(number) + " (column " + std::to_string(column) + "): '" + shown(field) +
           "' is beyond double precision; use the engine ball");
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
  first_row_ = false;
  return true;
}

std::size_t PointReader::next(std::vector<double>& points, std::size_t rows) {
  if (postponed_) throw UsageError(*postponed_);
  std::size_t count = 0;
  if (array_) {
    for (std::span<const double> row; count < rows && !(row = next_of_array()).empty(); ++count)
      points.insert(points.end(), row.begin(), row.end());
    return count;
  }
  std::string_view text;
  while (count < rows) {
    const std::size_t whole = points.size();
    try {
      if (!next_row(text)) break;
      read_fields(
          text, [&](std::string_view field, std::size_t number, std::size_t column) { points.push_back(rounded(field, number, column)); });
      first_row_ = false;
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
