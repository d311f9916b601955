// SPDX-License-Identifier: GPL-3.0-or-later
#include <charconv>
#include <limits>
#include <optional>

#include "infwidth/io/json.hpp"
#include "infwidth/io/npy.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr const char* as_doubles = "save it as numbers: numpy.save(file, a.astype(float))";

/// The literals that NumPy writes into a header: a dictionary of text, True or False, and a tuple of whole numbers.
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader header() {
    std::optional<std::string_view> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::uint64_t>> shape;
    expect('{');
    while (!follows('}')) {
      const std::string_view key = quoted("a name in quotes");
      expect(':');
      if (key == "descr") {
        once(descr.has_value(), key);
        skip_blanks();
        if (next() == '[') throw UsageError(name_ + ": its entries are records (a structured array), not numbers; save the one field as an array of numbers");
        descr = quoted("the type of the entries in quotes");
      } else if (key == "fortran_order") {
        once(fortran_order.has_value(), key);
        fortran_order = truth();
      } else if (key == "shape") {
        once(shape.has_value(), key);
        shape = tuple();
      } else {
        refuse("has an entry '" + shown(key) + "', which no array has");
      }
      if (follows(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (at_ != text_.size()) refuse("goes on after its end");
    if (!descr || !fortran_order || !shape) refuse("has no entry '" + std::string(!descr ? "descr" : !fortran_order ? "fortran_order" : "shape") + "'");
    NpyHeader result = type(*descr);
    result.fortran_order = *fortran_order;
    result.shape = std::move(*shape);
    return result;
  }

 private:
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;

  [[noreturn]] void refuse(const std::string& what) const {
    throw UsageError(name_ + ": the header of this .npy file " + what + "; save the array again with numpy.save");
  }
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') ++at_;
  }
  bool follows(char c) {
    skip_blanks();
    if (next() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!follows(c)) refuse("has no '" + std::string(1, c) + "' at byte " + std::to_string(at_ + 1) + " of its text, but '" + shown(text_.substr(at_, 10)) + "'");
  }
  void once(bool seen, std::string_view key) const {
    if (seen) refuse("has the entry '" + std::string(key) + "' twice");
  }

  std::string_view quoted(const char* what) {
    skip_blanks();
    const char quote = next();
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) refuse("has '" + shown(text_.substr(at_, 10)) + "' where " + what + " stands");
    const std::string_view word = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return word;
  }

  bool truth() {
    skip_blanks();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return value;
    }
    refuse("has '" + shown(text_.substr(at_, 10)) + "' where True or False stands");
  }

  /// `()`, `(3,)`, `(3, 4)`; Python 2 wrote 3L.
  std::vector<std::uint64_t> tuple() {
    constexpr std::size_t most_axes = 64;  // NumPy's limit
    std::vector<std::uint64_t> lengths;
    expect('(');
    for (bool comma = true; !follows(')'); comma = follows(',')) {
      if (!comma) expect(')');
      if (next() == '-') refuse("gives an axis a negative length");
      std::uint64_t length = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), length);
      if (error == std::errc::result_out_of_range) refuse("gives an axis more than 2^64 entries");
      if (error != std::errc()) refuse("has '" + shown(text_.substr(at_, 10)) + "' where the length of an axis stands");
      at_ = static_cast<std::size_t>(end - text_.data());
      if (next() == 'L') ++at_;
      lengths.push_back(length);
      if (lengths.size() > most_axes) refuse("has more than 64 axes");
      skip_blanks();
      if (lengths.size() == 1 && next() == ')') refuse("has '(" + std::to_string(length) + ")' for a shape, which is no tuple");
    }
    return lengths;
  }

  NpyHeader type(std::string_view descr) const {
    const std::string what = name_ + ": its entries are of the type '" + shown(descr) + "'";
    const char order = descr.empty() ? '\0' : descr.front();
    const bool has_order = order == '<' || order == '>' || order == '|';
    const std::string_view rest = has_order ? descr.substr(1) : descr;
    const char kind = rest.empty() ? '\0' : rest.front();
    if (kind == 'O') throw UsageError(what + ", which are Python objects and would have to be executed; " + as_doubles);
    if (kind == 'c') throw UsageError(what + ", which are complex numbers; save their real parts: numpy.save(file, a.real)");
    const std::string_view size = rest.empty() ? rest : rest.substr(1);
    const bool integer = (kind == 'i' || kind == 'u') && (size == "1" || size == "2" || size == "4" || size == "8");
    const bool known = (kind == 'f' && (size == "2" || size == "4" || size == "8")) || integer || (kind == 'b' && size == "1");
    if (!known || !has_order || (order == '|' && size != "1")) throw UsageError(what + ", which is not read here; " + as_doubles);
    NpyHeader result;
    result.big_endian = order == '>';
    result.kind = kind;
    result.size = static_cast<std::size_t>(size.front() - '0');
    return result;
  }
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& name) { return HeaderText(text, name).header(); }

std::string npy_header(std::span<const std::uint64_t> shape) {
  constexpr std::size_t before = 10, alignment = 64;  // magic, version and length; where NumPy lets the data begin
  constexpr std::size_t longest_length = 21;          // NumPy leaves room for the first axis to grow
  std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";
  if (!shape.empty()) text.append(longest_length - std::to_string(shape[0]).size(), ' ');
  text.append(alignment - (before + text.size() + 1) % alignment, ' ');
  text += '\n';
  if (text.size() > std::numeric_limits<std::uint16_t>::max()) throw UsageError("an array of " + std::to_string(shape.size()) + " axes does not fit into a .npy file");
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace infwidth
