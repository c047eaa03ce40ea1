#include "cli/describe.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <sstream>

#include "base/text.h"
#include "cli/json_view.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

class Description {
 public:
  Description(const Known& known, const Terminal& terminal, Time now)
      : document_(known.document), status_(known.status), events_(known.events), terminal_(terminal), now_(now) {}

  std::string text() {
    head();
    instance();
    handover();
    volumes();
    snapshots();
    images();
    under_way();
    markets();
    retired();
    history();
    return text_;
  }

 private:
  void line(std::string_view name, const std::string& value) {
    if (!value.empty()) text_ += fmt::format("{:<14} {}\n", std::string(name) + ":", printable(value));
  }
  std::string of(std::string_view path) const { return text_at(status_, path); }
  std::string when(std::string_view path) const {
    std::string iso = of(path);
    return iso.empty() ? "" : fmt::format("{} ({})", ago(iso, now_), iso);
  }
  void section(const std::string& title, const Table& table) {
    if (table.empty()) return;
    text_ += "\n" + title + "\n";
    std::stringstream rows(table.text(terminal_.width > 2 ? terminal_.width - 2 : 0, terminal_.colour));
    for (std::string row; std::getline(rows, row);) text_ += "  " + row + "\n";
  }

  void head() {
    std::string status = of("status");
    line("Name", of("name"));
    line("Id", of("id"));
    line("Description", text_at(document_, "description"));
    text_ += fmt::format("{:<14} {}\n", "Status:", coloured(status, status, terminal_.colour));
    line("Why", of("error"));
    line("Wanted", of("goal"));
    line("Generation", of("generation"));
    line("Created", when("createdAt"));
    line("Changed", when("updatedAt"));
  }

  void instance() {
    text_ += "\n";
    if (of("instanceId").empty()) {
      line("Instance", "none");
    } else {
      line("Instance", fmt::format("{} ({}, {} {} in {})", of("instanceId"), of("instanceState"), of("lifeCycle"),
                                   of("instanceType"), of("availabilityZone")));
    }
    line("Launched", when("launchedAt"));
    line("Healthy", when("healthyAt"));
    if (!of("interruptionAt").empty()) line("Taken", fmt::format("the cloud takes it {}", when("interruptionAt")));
    line("Image", of("imageId"));
    line("Address", of("privateIp"));
    line("Public", of("publicIp"));
    if (of("interface.id").empty()) return;
    std::string holder = of("interface.attachedTo");
    line("Interface", fmt::format("{} (MAC {}, {}, {})", of("interface.id"), of("interface.mac"),
                                  of("interface.subnetId"), holder.empty() ? "free" : "on " + holder));
  }

  void handover() {
    if (at(status_, "handover").is_null()) return;
    text_ += "\n";
    line("Under way", fmt::format("{} since {}", of("handover.reason"), when("handover.beganAt")));
    std::string deadline = when("handover.deadline");
    if (!deadline.empty()) line("Deadline", deadline);
    const json::array& phases = list_at(status_, "handover.phases");
    std::vector<std::string> parts;
    for (size_t i = 0; i < phases.size(); ++i) {
      auto began = from_iso(text_at(phases[i], "at"));
      auto ended = i + 1 < phases.size() ? from_iso(text_at(phases[i + 1], "at")) : std::optional<Time>(now_);
      std::string lasted = began && ended ? " " + to_words(std::max(*ended - *began, Duration(0))) : "";
      parts.push_back(text_at(phases[i], "phase") + lasted + (i + 1 < phases.size() ? "" : " so far"));
    }
    line("Phases", join(parts, ", "));
  }

  void volumes() {
    Table table({"VOLUME", "DEVICE", "ROLE", "SIZE", "STATE", "ON", "ZONE", "GEN", "SAVED", "EVERY"});
    for (const json::value& v : list_at(status_, "volumes")) {
      const std::string saved = text_at(v, "recoveryPoint"), every = text_at(v, "achievedIntervalSeconds");
      const std::string wanted = text_at(v, "snapshotIntervalSeconds");
      std::string state = text_at(v, "state");
      if (!text_at(v, "missingSince").empty()) state += ", missing " + ago(text_at(v, "missingSince"), now_);
      table.add({text_at(v, "volumeId"), text_at(v, "device"),
                 text_at(v, "role") + (text_at(v, "attachedByHand") == "true" ? " (by hand)" : ""),
                 text_at(v, "sizeGib") + " GiB", state, text_at(v, "attachedTo"), text_at(v, "availabilityZone"),
                 text_at(v, "generation"), saved.empty() ? "" : ago(saved, now_),
                 wanted.empty() ? "" : (every.empty() ? "-" : every) + " s of " + wanted + " s"});
    }
    section("Volumes", table);
  }

  void snapshots() {
    Table table({"SNAPSHOT", "OF", "DEVICE", "KIND", "STATE", "GEN", "TAKEN"});
    for (const json::value& s : list_at(status_, "snapshots")) {
      table.add({text_at(s, "snapshotId"), text_at(s, "volumeId"), text_at(s, "device"),
                 text_at(s, "manual") == "true"  ? "manual"
                 : text_at(s, "final") == "true" ? "final"
                                                 : "periodic",
                 text_at(s, "state"), text_at(s, "generation"), ago(text_at(s, "startedAt"), now_)});
    }
    section("Snapshots", table);
  }

  void images() {
    Table table({"IMAGE", "NAME", "SNAPSHOT", "STATE", "GEN"});
    for (const json::value& i : list_at(status_, "images")) {
      table.add({text_at(i, "imageId"), text_at(i, "name"), text_at(i, "snapshotId"), text_at(i, "state"),
                 text_at(i, "generation")});
    }
    section("Images", table);
  }

  void under_way() {
    Table table({"ASKED OF THE CLOUD", "STANDING", "SINCE", "TRIES", "AGAIN", "LAST ERROR"});
    for (const json::value& a : list_at(status_, "asked")) {
      std::string again = text_at(a, "againAt");
      table.add({text_at(a, "action"), text_at(a, "standing"), ago(text_at(a, "since"), now_), text_at(a, "tries"),
                 again.empty() ? "" : ago(again, now_), text_at(a, "lastError")});
    }
    section("Under way", table);
  }

  void markets() {
    Table table({"MARKET", "AVOIDED UNTIL", "WHY"});
    for (const json::value& m : list_at(status_, "coolingMarkets")) {
      table.add(
          {fmt::format("{} {} {}", text_at(m, "lifeCycle"), text_at(m, "instanceType"), text_at(m, "availabilityZone")),
           ago(text_at(m, "until"), now_), text_at(m, "why")});
    }
    section("Markets to avoid", table);
  }

  void retired() {
    Table table({"RETIRED", "ID", "GOES", "WHY"});
    for (const json::value& r : list_at(status_, "retired")) {
      table.add({text_at(r, "what"), text_at(r, "id"), ago(text_at(r, "due"), now_), text_at(r, "why")});
    }
    section("No longer needed", table);
  }

  void history() {
    Table table({"WHEN", "WHAT", "MESSAGE"});
    for (const json::value& e : events_) {
      table.add({ago(text_at(e, "at"), now_), text_at(e, "kind"), text_at(e, "message")});
    }
    section("Last events", table);
  }

  const json::value& document_;
  const json::value& status_;
  const json::array& events_;
  const Terminal& terminal_;
  Time now_;
  std::string text_;
};

}  // namespace

std::string description(const Known& known, const Terminal& terminal, Time now) {
  return Description(known, terminal, now).text();
}

}  // namespace holdfast::cli
