// The demo's verdict: it is good only when everything held, and the JSON has the promised members.
#include "demo/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::demo {
namespace {

using testing::HasSubstr;
using testing::Not;

Replacement good() {
  return {"reattach",
          "notice",
          {{"terminating", 20}, {"saving", 3}},
          std::chrono::milliseconds(812),
          1000,
          1000,
          true,
          true,
          true,
          ""};
}

Report report_of(std::vector<Replacement> replacements) {
  return {"linux", replacements.size(), std::move(replacements)};
}

TEST(DemoReport, IsOkOnlyIfEveryCheckHeld) {
  EXPECT_TRUE(report_of({good(), good()}).ok());
  Replacement lost = good();
  lost.rows_found = 999;
  Replacement moved = good();
  moved.same_ip = false;
  Replacement another = good();
  another.same_mac = false;
  Replacement wiped = good();
  wiped.root_kept = false;
  Replacement idle = good();
  idle.rows_acknowledged = idle.rows_found = 0;
  Replacement troubled = good();
  troubled.trouble = "a row was found twice";
  for (const Replacement& bad : {lost, moved, another, wiped, idle, troubled})
    EXPECT_FALSE(report_of({good(), bad}).ok());
}

TEST(DemoReport, IsNotOkIfReplacementsAreMissingOrMachinesWereSimulated) {
  Report report = report_of({good()});
  report.planned = 2;
  EXPECT_FALSE(report.ok());
  report = report_of({});
  EXPECT_FALSE(report.ok());
  report = report_of({good()});
  report.substrate = "null";
  EXPECT_FALSE(report.ok());
}

TEST(DemoReport, HasThePromisedJson) {
  EXPECT_EQ(json_of(report_of({good()})),
            R"({"ok":true,"substrate":"linux","replacements":[{"mode":"reattach","cause":"notice","phases_ms":)"
            R"({"terminating":20,"saving":3},"silence_ms":812,"rows_acknowledged":1000,"rows_found":1000,)"
            R"("same_ip":true,"same_mac":true,"root_kept":true}]})"
            "\n");
}

TEST(DemoReport, ShowsWhatDidNotHold) {
  Replacement bad = good();
  bad.same_mac = false;
  bad.root_kept = false;
  EXPECT_THAT(table_of(report_of({bad})), testing::AllOf(HasSubstr("OTHER"), HasSubstr("LOST")));
  EXPECT_THAT(table_of(report_of({good()})), Not(HasSubstr("OTHER")));
}

}  // namespace
}  // namespace holdfast::demo
