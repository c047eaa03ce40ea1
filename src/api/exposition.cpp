#include "api/exposition.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace holdfast::api {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return is_utf8(out) ? out : "(not UTF-8)";
}

std::string number(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);  // the shortest that is read back as the same
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(help, false), type);
}

void Exposition::gauge(std::string_view name, std::string_view help) {
  begin(name, help, "gauge");
}
void Exposition::counter(std::string_view name, std::string_view help) {
  begin(name, help, "counter");
}
void Exposition::histogram(std::string_view name, std::string_view help) {
  begin(name, help, "histogram");
}

void Exposition::line(std::string_view suffix, const Labels& labels, double value) {
  text_ += name_;
  text_ += suffix;
  std::string_view separator = "{";
  for (const auto& [label, content] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", separator, label, escaped(content, true));
    separator = ",";
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ' + number(value) + '\n';
}

void Exposition::sample(double value, const Labels& labels) {
  line("", labels, value);
}

void Exposition::sample(const engine::Durations& durations, const Labels& labels) {
  Labels with_bound = labels;
  with_bound.emplace_back("le", "");
  for (size_t i = 0; i < durations.at_most.size(); ++i) {
    with_bound.back().second = number(engine::Durations::kBounds[i]);
    line("_bucket", with_bound, static_cast<double>(durations.at_most[i]));
  }
  with_bound.back().second = "+Inf";
  line("_bucket", with_bound, static_cast<double>(durations.count));
  line("_sum", labels, durations.sum_seconds);
  line("_count", labels, static_cast<double>(durations.count));
}

}  // namespace holdfast::api
