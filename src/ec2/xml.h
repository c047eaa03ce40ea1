// XML as AWS's Query services speak it: a reader that trusts nobody, and a writer that cannot be made to break out of
// an element. Shared by the client (answers) and the local cloud's server (also answers: it writes what we read).
//
// What holds always: reading never recurses and never resolves an entity; a document with a DTD, an entity that is not
// one of XML's five, more depth or size than the limits, or anything but UTF-8 is refused whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace pugi {
struct xml_node_struct;
}

namespace holdfast::ec2 {

struct XmlLimits {
  size_t max_bytes = 32 << 20;  // 1,000 instances described are about 4 MB
  size_t max_depth = 32;        // EC2's deepest answer has 11
};

// An element of a document, or none: asking a missing element for anything gives nothing. The document must outlive it.
class XmlElement {
 public:
  XmlElement() = default;
  explicit operator bool() const { return node_ != nullptr; }
  std::string_view name() const;  // without a namespace's prefix
  std::string text() const;       // of this element alone, not of those below
  XmlElement child(std::string_view name) const;
  std::vector<XmlElement> children() const;
  std::vector<XmlElement> children(std::string_view name) const;

  // Of the child of this name; nothing if there is none.
  std::optional<std::string> text(std::string_view child_name) const;
  // Nothing if there is none or it is empty; an error (invalid, MalformedAnswer) if it is not what it should be.
  Result<std::optional<int64_t>> integer(std::string_view child_name) const;
  Result<std::optional<bool>> boolean(std::string_view child_name) const;
  Result<std::optional<Time>> time(std::string_view child_name) const;

 private:
  friend class XmlDocument;
  explicit XmlElement(pugi::xml_node_struct* node) : node_(node) {}
  pugi::xml_node_struct* node_ = nullptr;
};

class XmlDocument {
 public:
  // Error: invalid, "MalformedXml".
  static Result<XmlDocument> parse(std::string_view text, const XmlLimits& limits = {});
  XmlElement root() const;
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

 private:
  struct Tree;
  explicit XmlDocument(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

// Text for an element or a quoted attribute. What XML cannot carry (control characters, broken UTF-8) becomes U+FFFD.
std::string xml_escape(std::string_view text);

class XmlWriter {
 public:
  XmlWriter();
  // `attributes` as they shall stand: ` xmlns="…"`.
  void open(std::string_view name, std::string_view attributes = {});
  void close();  // the element opened last
  void put(std::string_view name, std::string_view value);
  void put(std::string_view name, const char* value) { put(name, std::string_view(value)); }
  void put(std::string_view name, int64_t value);
  void put(std::string_view name, int value) { put(name, static_cast<int64_t>(value)); }
  void put(std::string_view name, bool value);
  void put(std::string_view name, Time value);
  // The document; every element must have been closed.
  std::string take();

 private:
  std::string text_;
  std::vector<std::string> open_;
};

}  // namespace holdfast::ec2
