// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/table.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.hpp"

using namespace infwidth;

namespace {

std::vector<Column> columns() {
  return {{"norm2", "|x|^2", "|x|^2", everywhere, true},
          {"dim", "d", "d", in_json | in_csv},
          {"A", "A", "A"},
          {"eigenvalues.tangential", "tangential", "\\lambda_t", in_json | in_csv | in_block},
          {"eigenvalues.radial", "radial eigenvalue", "\\lambda_r"},
          {"curvature.radial", "radial curvature", "\\kappa_r"},
          {"metric", "metric", "g", in_json | in_block}};
}

Quantity proven(const std::string& value, const std::string& error = "1e-5") { return {value, error, true, "closed form"}; }

std::vector<Cell> first_row() {
  return {Quantity{"0.5", "0", true, ""}, 2L, proven("1.25"), proven("1.25"), proven("-3.5e-7"), Missing{"the metric is singular"},
          Matrix{{proven("1.25"), proven("0", "0")}, {proven("0", "0"), proven("1.25")}}};
}
std::vector<Cell> second_row() {
  return {Quantity{"10", "0", true, ""}, 2L, proven("-12.5"), proven("-12.5"), proven("4"), proven("0", "1e-30"), Matrix{{proven("7")}}};
}

std::string written(Format format, const std::vector<std::vector<Cell>>& rows, std::vector<Column> which = columns(), std::size_t width = 120) {
  const auto path = std::filesystem::temp_directory_path() / ("infwidth-table-test-" + std::to_string(::getpid()));
  {
    Output output = Output::to_file(path.string());
    const auto writer = make_table_writer(format, std::move(which), {"a caption", "a command", width}, output);
    for (const auto& row : rows) writer->row(row);
    writer->end();
    output.commit();
  }
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove(path);
  return text;
}

}  // namespace

TEST_CASE("JSON is one object a row, nested at dots, with value objects", "[table]") {
  CHECK(written(Format::json, {first_row()}) ==
        R"({"norm2":{"value":"0.5","error":"0","proven":true,"method":""},"dim":2,)"
        R"("A":{"value":"1.25","error":"1e-5","proven":true,"method":"closed form"},)"
        R"("eigenvalues":{"tangential":{"value":"1.25","error":"1e-5","proven":true,"method":"closed form"},)"
        R"("radial":{"value":"-3.5e-7","error":"1e-5","proven":true,"method":"closed form"}},)"
        R"("curvature":{"radial":{"value":null,"reason":"the metric is singular"}},)"
        R"("metric":[[{"value":"1.25","error":"1e-5","proven":true,"method":"closed form"},{"value":"0","error":"0","proven":true,"method":"closed form"}],)"
        R"([{"value":"0","error":"0","proven":true,"method":"closed form"},{"value":"1.25","error":"1e-5","proven":true,"method":"closed form"}]]})"
        "\n");
}

TEST_CASE("a quantity without a key is the object itself", "[table]") {
  const std::vector<Column> which = {{"", "value", "v"}, {"evaluations", "evaluations", "n"}};
  CHECK(written(Format::json, {{proven("2"), 7L}}, which) == R"({"value":"2","error":"1e-5","proven":true,"method":"closed form","evaluations":7})" "\n");
}

TEST_CASE("CSV has a header, values alone, and reasons at the end", "[table]") {
  CHECK(written(Format::csv, {first_row(), second_row()}) ==
        "norm2,dim,A,eigenvalues.tangential,eigenvalues.radial,curvature.radial,note\n"
        "0.5,2,1.25,1.25,-3.5e-7,,the metric is singular\n"
        "10,2,-12.5,-12.5,4,0,\n");
  CHECK(written(Format::csv, {{std::string("a,\"b\"\n")}}, {{"name", "name", "n"}}) == "name,note\n\"a,\"\"b\"\"\n\",\n");
}

TEST_CASE("CSV has no name twice, and says what its rows are about", "[table]") {
  const auto path = std::filesystem::temp_directory_path() / ("infwidth-table-test-" + std::to_string(::getpid()));
  Heading heading;
  heading.subject = {{"activation", "tanh | erf"}, {"sigma_w2", "1,2"}};
  {
    Output output = Output::to_file(path.string());
    const auto writer = make_table_writer(Format::csv, {{"a", "a", "a"}, {"note", "note", "n"}, {"b", "b", "b"}}, heading, output);
    writer->row({proven("1"), std::string("seen, not told"), Missing{"singular"}});
    writer->row({Missing{"singular"}, Missing{"singular"}, proven("2")});
    writer->end();
    output.commit();
  }
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove(path);
  CHECK(text == "a,b,activation,sigma_w2,note\n1,,tanh | erf,\"1,2\",\"seen, not told; singular\"\n,2,tanh | erf,\"1,2\",singular\n");
}

TEST_CASE("a text table aligns decimal points and explains its gaps", "[table]") {
  CHECK(written(Format::text, {first_row(), second_row()}) ==
        "a caption\n\n"
        "|x|^2   A        radial eigenvalue   radial curvature\n"
        "-----   ------   -----------------   ----------------\n"
        " 0.5      1.25   -3.5e-7             -\n"
        "10      -12.5     4                  0 (<1e-30)\n"
        "\nproven: closed form\n-  the metric is singular\n");
}

TEST_CASE("one row alone is a block with its matrix", "[table]") {
  CHECK(written(Format::text, {first_row()}) ==
        "a caption\n\n"
        "|x|^2 = 0.5\n"
        "  A                   1.25\n"
        "  tangential          1.25\n"
        "  radial eigenvalue  -3.5e-7\n"
        "  radial curvature    none: the metric is singular\n"
        "  metric\n"
        "    1.25   0\n"
        "    0      1.25\n"
        "\nproven: closed form\n");
}

TEST_CASE("a wide table continues below under its index", "[table]") {
  const std::string text = written(Format::text, {first_row(), second_row()}, columns(), 40);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("|x|^2   radial curvature\n"));
  const std::vector<Cell> long_row = {Quantity{"1", "0", true, ""}, 2L, proven("0." + std::string(60, '3')), proven("1"), proven("2"), proven("3"), Matrix{}};
  CHECK_THAT(written(Format::text, {long_row, long_row}), Catch::Matchers::ContainsSubstring("\n|x|^2 = 1\n  A "));
}

TEST_CASE("LaTeX is a whole table of booktabs that says what made it", "[table]") {
  CHECK(written(Format::latex, {first_row(), second_row()}) ==
        "% Made by: a command\n% Needs \\usepackage{booktabs} in the preamble.\n"
        "\\begin{table}[htbp]\n\\centering\n\\caption{a caption}\n\\label{tab:command}\n"
        "\\begin{tabular}{rrrr}\n\\toprule\n"
        "$|x|^2$ & $A$ & $\\lambda_r$ & $\\kappa_r$ \\\\\n\\midrule\n"
        "$0.5$ & $1.25$ & $-3.5 \\times 10^{-7}$ & --- \\\\\n"
        "$10$ & $-12.5$ & $4$ & $0\\ (<10^{-30})$ \\\\\n"
        "\\bottomrule\n\\end{tabular}\n\\end{table}\n% proven: closed form\n% ---: the metric is singular\n");
}

TEST_CASE("a table of LaTeX fits the line", "[table]") {
  using Catch::Matchers::ContainsSubstring;
  const auto count = [](const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
    return found;
  };
  // Seven numbers of 15 digits: parts with the index in front of each.
  std::vector<Column> which = {{"quantity", "quantity", "\\text{quantity}", everywhere, true}};
  std::vector<Cell> row = {std::string("g_11 <x>")};
  for (int k = 0; k < 7; ++k) {
    which.push_back({"a" + std::to_string(k), "a", "a_\\text{some word}"});
    row.emplace_back(proven("0.123456789012345"));
  }
  const std::string parts = written(Format::latex, {row, row}, which);
  CHECK(count(parts, "\\begin{tabular}") == 4);
  CHECK(count(parts, "g\\_11 $<$x$>$ &") == 8);
  CHECK(count(parts, "\nquantity &") == 4);
  CHECK_THAT(parts, ContainsSubstring("$a_{\\mathrm{some\\ word}}$") && !ContainsSubstring("\\text{"));
  // A hundred digits: in lines of one block a row.
  const std::string digits = written(Format::latex, {{proven("0." + std::string(100, '7') + "e-20")}, {proven("1")}}, {{"a", "a", "a"}});
  CHECK_THAT(digits, ContainsSubstring("$a$ & $0.77777") && ContainsSubstring(" \\\\\n & $7777") && ContainsSubstring("7 \\times 10^{-20}$"));
  CHECK(count(digits, "\\begin{tabular}") == 2);
  // A long text: in lines of its column, with places to break a long word at.
  const std::string text = written(Format::latex, {{std::string("a note of many words, ") + std::string(80, 'x')}, {std::string("short")}}, {{"n", "note", "\\text{note}"}});
  CHECK_THAT(text, ContainsSubstring("\\parbox[t]{150pt}{\\raggedright a note of many words, xxxx") && ContainsSubstring("\\allowbreak{}"));
  // Many rows: several floats, of which the first has the label.
  const std::string rows = written(Format::latex, std::vector<std::vector<Cell>>(100, {proven("1"), proven("2")}), {{"a", "a", "a"}, {"b", "b", "b"}});
  CHECK(count(rows, "\\begin{table}") == 3);
  CHECK(count(rows, "(continued)}") == 2);
  CHECK(count(rows, "\\label{tab:command}") == 1);
  CHECK(count(rows, "$1$ & $2$") == 100);
}

TEST_CASE("an estimate whose error is larger than itself is shown with it", "[table]") {
  const std::vector<Cell> row = {Quantity{"0.63", "1.8", false, "an estimate"}, Quantity{"0.63", "0.5", false, "an estimate"}};
  const std::vector<Column> which = {{"a", "a", "a"}, {"b", "b", "b"}};
  CHECK_THAT(written(Format::text, {row, row}, which), Catch::Matchers::ContainsSubstring("0.63 (+-1.8)   0.63\n"));
  CHECK_THAT(written(Format::latex, {row, row}, which), Catch::Matchers::ContainsSubstring("$0.63\\pm 1.8$ & $0.63$"));
}

TEST_CASE("no row, no text", "[table]") {
  for (const Format format : {Format::text, Format::json, Format::latex}) CHECK(written(format, {}).empty());
  CHECK(written(Format::csv, {}) == "norm2,dim,A,eigenvalues.tangential,eigenvalues.radial,curvature.radial,note\n");
}
