#include "ec2/xml.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::ec2 {
namespace {

Failure malformed(std::string message) {
  return fail(ErrorKind::invalid, "MalformedXml", std::move(message));
}

bool is_xml_character(uint32_t point) {
  return point == 0x9 || point == 0xA || point == 0xD || (point >= 0x20 && point <= 0xD7FF) ||
         (point >= 0xE000 && point <= 0xFFFD) || (point >= 0x10000 && point <= 0x10FFFF);
}

// "amp", "#38", "#x26": one of XML's five, or a character that XML may carry.
bool is_known_entity(std::string_view name) {
  constexpr std::array<std::string_view, 5> kFive = {"amp", "lt", "gt", "quot", "apos"};
  if (std::find(kFive.begin(), kFive.end(), name) != kFive.end()) return true;
  if (!name.starts_with('#')) return false;
  name.remove_prefix(1);
  const uint32_t base = name.starts_with('x') ? 16 : 10;
  if (base == 16) name.remove_prefix(1);
  constexpr size_t kMaxDigits = 8;  // leading zeros among them
  if (name.empty() || name.size() > kMaxDigits) return false;
  uint32_t point = 0;
  for (char c : name) {
    uint32_t digit = c >= '0' && c <= '9'   ? c - '0'
                     : c >= 'a' && c <= 'f' ? c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : 99;
    if (digit >= base) return false;
    point = point * base + digit;
  }
  return is_xml_character(point);
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 && c != 9 && c != 10 && c != 13; });
}

// pugixml lets through what XML forbids: it skips a DTD, and keeps unknown entities and control characters as text. So
// the text is looked over first: no "<!" but comments and CDATA, no entity but XML's own, no "<" inside a tag (behind
// which the rest could hide).
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  Result<void> run() {
    if (has_control(text_)) return malformed("a control character");
    while (at_ < text_.size()) HF_TRY_VOID(step());
    return {};
  }

 private:
  Result<void> step() {
    const std::string_view rest = text_.substr(at_);
    const char c = rest[0];
    if (c == '&') return entity(rest);
    if (in_tag_) return inside_tag(c);
    if (c != '<') {
      ++at_;
      return {};
    }
    if (rest.starts_with("<!--")) return skip(rest, 4, "-->");
    if (rest.starts_with("<![CDATA[")) return skip(rest, 9, "]]>");
    if (rest.starts_with("<?")) return skip(rest, 2, "?>");
    if (rest.starts_with("<!")) return malformed("a document type is not accepted");
    in_tag_ = true;
    ++at_;
    return {};
  }

  Result<void> inside_tag(char c) {
    if (c == '<') return malformed("a '<' inside a tag");
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '>') {
      in_tag_ = false;
    }
    ++at_;
    return {};
  }

  Result<void> entity(std::string_view rest) {
    constexpr size_t kLongest = 12;
    const size_t end = rest.substr(0, kLongest).find(';');
    if (end == std::string_view::npos || !is_known_entity(rest.substr(1, end - 1)))
      return malformed("an entity other than XML's own");
    at_ += end + 1;
    return {};
  }

  Result<void> skip(std::string_view rest, size_t opening, std::string_view closing) {
    const size_t end = rest.find(closing, opening);
    if (end == std::string_view::npos) return malformed(fmt::format("no {} to an opening", closing));
    at_ += end + closing.size();
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_tag_ = false;
  char quote_ = 0;
};

// Down, along and up by the links between nodes: no recursion, whatever the depth.
Result<void> check_depth(const pugi::xml_node& root, size_t limit) {
  size_t depth = 1;
  pugi::xml_node node = root;
  while (node) {
    if (pugi::xml_node child = node.first_child()) {
      node = child;
      if (node.type() == pugi::node_element && depth + 1 > limit)
        return malformed(fmt::format("elements are nested more than {} deep", limit));
      ++depth;
      continue;
    }
    while (node && node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (!node || node == root) break;
    node = node.next_sibling();
  }
  return {};
}

std::string_view local(const char* name) {
  std::string_view text(name);
  const size_t colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

Failure bad_value(std::string_view name, std::string_view wanted) {
  return fail(ErrorKind::invalid, "MalformedAnswer", fmt::format("<{}> does not hold {}", name, wanted),
              std::string(name));
}

}  // namespace

struct XmlDocument::Tree {
  pugi::xml_document document;
};

XmlDocument::XmlDocument(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

Result<XmlDocument> XmlDocument::parse(std::string_view text, const XmlLimits& limits) {
  if (text.size() > limits.max_bytes) return malformed(fmt::format("larger than {} bytes", limits.max_bytes));
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_utf8(text)) return malformed("not UTF-8");
  HF_TRY_VOID(Scan(text).run());
  auto tree = std::make_unique<Tree>();
  // White space alone in an element is a value ("<value> </value>"); between elements it is layout.
  constexpr unsigned kFlags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute |
                              pugi::parse_ws_pcdata_single;
  const auto outcome = tree->document.load_buffer(text.data(), text.size(), kFlags, pugi::encoding_utf8);
  if (!outcome) return malformed(fmt::format("{} at byte {}", outcome.description(), outcome.offset));
  pugi::xml_node root;
  for (pugi::xml_node node = tree->document.first_child(); node; node = node.next_sibling()) {
    if (node.type() != pugi::node_element || root) return malformed("more than one root element");
    root = node;
  }
  if (!root) return malformed("no root element");
  HF_TRY_VOID(check_depth(root, limits.max_depth));
  return XmlDocument(std::move(tree));
}

XmlElement XmlDocument::root() const {
  return XmlElement(tree_->document.document_element().internal_object());
}

std::string_view XmlElement::name() const {
  return node_ == nullptr ? std::string_view() : local(pugi::xml_node(node_).name());
}

std::string XmlElement::text() const {
  std::string out;
  for (pugi::xml_node part = pugi::xml_node(node_).first_child(); part; part = part.next_sibling()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) out += part.value();
  }
  return out;
}

XmlElement XmlElement::child(std::string_view name) const {
  for (pugi::xml_node node = pugi::xml_node(node_).first_child(); node; node = node.next_sibling()) {
    if (node.type() == pugi::node_element && local(node.name()) == name) return XmlElement(node.internal_object());
  }
  return {};
}

std::vector<XmlElement> XmlElement::children() const {
  std::vector<XmlElement> found;
  for (pugi::xml_node node = pugi::xml_node(node_).first_child(); node; node = node.next_sibling()) {
    if (node.type() == pugi::node_element) found.push_back(XmlElement(node.internal_object()));
  }
  return found;
}

std::vector<XmlElement> XmlElement::children(std::string_view name) const {
  std::vector<XmlElement> found = children();
  std::erase_if(found, [&](const XmlElement& element) { return element.name() != name; });
  return found;
}

std::optional<std::string> XmlElement::text(std::string_view child_name) const {
  const XmlElement element = child(child_name);
  if (!element) return std::nullopt;
  return element.text();
}

Result<std::optional<int64_t>> XmlElement::integer(std::string_view child_name) const {
  const auto value = text(child_name);
  if (!value || trim(*value).empty()) return std::nullopt;
  const auto number = parse_int(trim(*value));
  if (!number) return bad_value(child_name, "a whole number");
  return number;
}

Result<std::optional<bool>> XmlElement::boolean(std::string_view child_name) const {
  const auto value = text(child_name);
  if (!value || trim(*value).empty()) return std::nullopt;
  if (trim(*value) == "true") return true;
  if (trim(*value) == "false") return false;
  return bad_value(child_name, "true or false");
}

Result<std::optional<Time>> XmlElement::time(std::string_view child_name) const {
  const auto value = text(child_name);
  if (!value || trim(*value).empty()) return std::nullopt;
  const auto time = from_iso(trim(*value));
  if (!time) return bad_value(child_name, "a time");
  return time;
}

// ---- writing

std::string xml_escape(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
    const std::string_view character = text.substr(i, length);
    const bool broken = !is_utf8(character) || (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') ||
                        character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
    i += broken ? 1 : length;
    if (broken && length == 3 && is_utf8(character)) i += 2;
    if (broken)
      out += kReplacement;
    else if (lead == '&')
      out += "&amp;";
    else if (lead == '<')
      out += "&lt;";
    else if (lead == '>')
      out += "&gt;";
    else if (lead == '"')
      out += "&quot;";
    else if (lead == '\'')
      out += "&#39;";
    else if (lead == '\r')
      out += "&#13;";  // a bare one would be read back as a line feed
    else
      out += character;
  }
  return out;
}

XmlWriter::XmlWriter() : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void XmlWriter::open(std::string_view name, std::string_view attributes) {
  text_ += fmt::format("<{}{}>", name, attributes);
  open_.emplace_back(name);
}

void XmlWriter::close() {
  CHECK(!open_.empty());
  text_ += fmt::format("</{}>", open_.back());
  open_.pop_back();
}

void XmlWriter::put(std::string_view name, std::string_view value) {
  text_ += fmt::format("<{0}>{1}</{0}>", name, xml_escape(value));
}

void XmlWriter::put(std::string_view name, int64_t value) {
  put(name, std::string_view(fmt::format("{}", value)));
}

void XmlWriter::put(std::string_view name, bool value) {
  put(name, std::string_view(value ? "true" : "false"));
}

void XmlWriter::put(std::string_view name, Time value) {
  put(name, std::string_view(to_iso(value)));
}

std::string XmlWriter::take() {
  CHECK(open_.empty());
  return std::move(text_);
}

}  // namespace holdfast::ec2
