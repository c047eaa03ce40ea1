#include "cloud/linux/doctor.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace holdfast::cloud::linux_ {
namespace {

const Finding& named(const std::vector<Finding>& findings, const std::string& what) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& one) { return one.what == what; });
  if (found == findings.end()) throw std::runtime_error("no finding " + what);
  return *found;
}

TEST(Doctor, SaysWhatIsWrongAndWhatToDoOrNothing) {
  for (const auto& finding : examine("/var/tmp/holdfast")) {
    EXPECT_FALSE(finding.what.empty());
    EXPECT_EQ(finding.ok, finding.problem.empty()) << finding.what;
    EXPECT_EQ(finding.ok, finding.remedy.empty()) << finding.what;
  }
}

TEST(Doctor, FindsThisHostFitWhenTheSuiteRunsAsRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto findings = examine("/var/tmp/holdfast");
  EXPECT_TRUE(fit(findings)) << problems(findings);
  EXPECT_FALSE(std::filesystem::exists("/sys/class/net/hfbridge")) << "the look changed the host";
}

// In a child that gives its rights up.
TEST(Doctor, MissesRightsWithoutRootAndRefuses) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const auto findings = examine("/root/holdfast");
    const bool said = !named(findings, "Administrator's rights").ok && !named(findings, "Loop devices").ok &&
                      !named(findings, "Namespaces").ok && !named(findings, "Data folder").ok;
    const bool followable = problems(findings).find("sudo holdfast") != std::string::npos;
    const Finding& firewall = named(findings, "nftables");
    const bool right_cause = firewall.problem.find("kernel") == std::string::npos;  // rights are what is missing
    ::_exit(said && followable && right_cause && !fit(findings) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Doctor, OnlyOptionalProblemsAreNoRefusal) {
  const Finding optional{.what = "mmdebstrap", .ok = false, .required = false, .problem = "p.", .remedy = "r."};
  const Finding needed{.what = "XFS", .ok = false, .required = true, .problem = "p.", .remedy = "r."};
  EXPECT_TRUE(fit({optional}));
  EXPECT_FALSE(fit({optional, needed}));
  EXPECT_EQ(problems({needed}), "XFS: p. r.\n");
}

TEST(Doctor, RefusesARelativeDataFolder) {
  EXPECT_NE(named(examine("data"), "Data folder").problem.find("absolute"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::cloud::linux_
