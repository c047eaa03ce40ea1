#include "daemon/local_cloud.h"

#include <fmt/format.h>

#include <sys/random.h>
#include <filesystem>

#include <cerrno>

#include "base/text.h"

namespace holdfast::daemon {
namespace {

constexpr char kFile[] = "ec2-credentials";
constexpr Duration kFirstImageWait = std::chrono::minutes(2);  // usually a tenth of a second

// An old data directory keeps its network. A setting that could not take effect is refused, not ignored.
Result<void> check_network(const Settings& settings, cloud::Cloud& cloud) {
  if (settings.cidr == "auto") return {};
  HF_TRY(auto answer, cloud.call(ec2::DescribeVpcsRequest{{VpcId(cloud::kDefaultVpc)}, {}}));
  if (answer.vpcs.empty() || answer.vpcs.front().cidr_block == settings.cidr) return {};
  return fail(ErrorKind::conflict, "OtherNetwork",
              fmt::format("The data directory {} has the network {} already: leave the setting out, or choose another "
                          "directory with --data-dir.",
                          settings.data_dir, answer.vpcs.front().cidr_block),
              "cloud.cidr");
}

// Keys as AWS's look: 20 capital letters and digits, and 40 characters of base64.
Result<std::string> fresh_keys() {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string access(16, '\0'), secret(30, '\0');
  for (std::string* bytes : {&access, &secret}) {
    if (::getrandom(bytes->data(), bytes->size(), 0) != static_cast<ssize_t>(bytes->size())) {
      return Failure(system_error("drawing keys for the EC2 endpoint", errno));
    }
  }
  for (char& c : access) c = kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  return fmt::format("[default]\naws_access_key_id = LKIA{}\naws_secret_access_key = {}", access,
                     base64_encode(secret));
}

std::string value_in(const std::string& text, std::string_view name) {
  for (const std::string& line : split(text, '\n')) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos || trim(std::string_view(line).substr(0, equals)) != name) continue;
    return std::string(trim(std::string_view(line).substr(equals + 1)));
  }
  return "";
}

// A cloud that knows of nothing would end every machine and strand every volume that is there.
Result<void> check_memory(const std::string& data_dir) {
  namespace fs = std::filesystem;
  const std::string file = data_dir + "/cloud.sqlite";
  if (fs::exists(file) && fs::file_size(file) > 0) return {};
  for (const char* folder : {"/pool/volumes", "/storage/volumes"}) {
    std::error_code none;
    if (fs::directory_iterator(data_dir + folder, none) == fs::directory_iterator()) continue;
    return fail(
        ErrorKind::unavailable, "StoreFileGone",
        fmt::format("{} is gone, but {}{} holds volumes: put the file back from a copy; `holdfast cloud destroy "
                    "--data-dir {}` gives all of it up",
                    file, data_dir, folder, data_dir));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<cloud::Cloud>> open_cloud(const Settings& settings, Ground& ground) {
  HF_TRY_VOID(check_memory(settings.data_dir));
  cloud::CloudOptions options;
  options.data_dir = settings.data_dir;
  HF_TRY(options.cidr_block, choose_cidr(settings));
  options.outside = settings.outside;
  options.shutdown_limit = settings.shutdown_limit;
  options.first_image_wait = kFirstImageWait;
  options.profile = {settings.latency == "aws", settings.throttling, settings.consistency_lag};
  HF_TRY(auto opened, cloud::Cloud::open(std::move(options), *ground.substrate, *ground.runtime));
  HF_TRY_VOID(check_network(settings, *opened));
  return opened;
}

Result<std::unique_ptr<cloud::Endpoint>> open_endpoint(const Settings& settings, cloud::Cloud& cloud,
                                                       const std::string& event_queue) {
  cloud::EndpointOptions options;
  options.access_key = settings.access_key;
  options.secret_key = settings.secret_key;
  options.now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); };
  options.queues_file = settings.data_dir + "/queues.sqlite";
  options.first_queue = event_queue;
  return cloud::Endpoint::make(cloud, std::move(options));
}

std::string credentials_file(const DataDir& data_dir) {
  return data_dir.path() + "/" + kFile;
}

Result<void> take_keys(Settings& settings, const DataDir& data_dir) {
  if (!settings.access_key.empty()) return {};
  HF_TRY(const std::string text, data_dir.kept_secret(kFile, fresh_keys));
  settings.access_key = value_in(text, "aws_access_key_id");
  settings.secret_key = value_in(text, "aws_secret_access_key");
  if (!settings.access_key.empty() && !settings.secret_key.empty()) return {};
  return fail(
      ErrorKind::invalid, "BadCredentials",
      fmt::format("{} does not hold aws_access_key_id and aws_secret_access_key: remove it, and new ones are made "
                  "at the next start.",
                  credentials_file(data_dir)));
}

}  // namespace holdfast::daemon
