#include "ec2/ec2.h"

#include <algorithm>
#include <array>

namespace holdfast::ec2 {

std::string_view action_of(const Request& request) {
  return std::visit([](const auto& r) { return std::decay_t<decltype(r)>::kAction; }, request);
}

bool mutates(const Request& request) {
  return std::visit([](const auto& r) { return std::decay_t<decltype(r)>::kMutates; }, request);
}

namespace {

struct CodeKind {
  std::string_view code;
  ErrorKind kind;
};

constexpr std::array kKinds = {
    CodeKind{"InsufficientInstanceCapacity", ErrorKind::no_capacity},
    CodeKind{"SpotMaxPriceTooLow", ErrorKind::no_capacity},
    CodeKind{"MaxSpotInstanceCountExceeded", ErrorKind::no_capacity},
    CodeKind{"InstanceLimitExceeded", ErrorKind::no_capacity},
    CodeKind{"UnfulfillableCapacity", ErrorKind::no_capacity},
    CodeKind{"Unsupported", ErrorKind::no_capacity},
    CodeKind{"VcpuLimitExceeded", ErrorKind::no_capacity},
    CodeKind{"InsufficientFreeAddressesInSubnet", ErrorKind::no_capacity},
    CodeKind{"InsufficientVolumeCapacity", ErrorKind::no_capacity},
    CodeKind{"RequestLimitExceeded", ErrorKind::throttled},
    CodeKind{"Throttling", ErrorKind::throttled},
    CodeKind{"ThrottlingException", ErrorKind::throttled},
    CodeKind{"ThrottledException", ErrorKind::throttled},
    CodeKind{"RequestThrottled", ErrorKind::throttled},
    CodeKind{"RequestThrottledException", ErrorKind::throttled},
    CodeKind{"TooManyRequestsException", ErrorKind::throttled},
    CodeKind{"EC2ThrottledException", ErrorKind::throttled},
    CodeKind{"SlowDown", ErrorKind::throttled},
    CodeKind{"SnapshotCreationPerVolumeRateExceeded", ErrorKind::throttled},
    CodeKind{"ConcurrentSnapshotLimitExceeded", ErrorKind::throttled},
    CodeKind{"IncorrectState", ErrorKind::conflict},
    CodeKind{"IncorrectInstanceState", ErrorKind::conflict},
    CodeKind{"VolumeInUse", ErrorKind::conflict},
    CodeKind{"InvalidNetworkInterface.InUse", ErrorKind::conflict},
    CodeKind{"InvalidSnapshot.InUse", ErrorKind::conflict},
    CodeKind{"InvalidAMIName.Duplicate", ErrorKind::conflict},
    CodeKind{"InvalidAMIID.Unavailable", ErrorKind::conflict},
    CodeKind{"InvalidIPAddress.InUse", ErrorKind::conflict},
    CodeKind{"IdempotentInstanceTerminated", ErrorKind::conflict},
    CodeKind{"DependencyViolation", ErrorKind::conflict},
    CodeKind{"OperationNotPermitted", ErrorKind::conflict},
    CodeKind{"UnauthorizedOperation", ErrorKind::denied},
    CodeKind{"AuthFailure", ErrorKind::denied},
    CodeKind{"OptInRequired", ErrorKind::denied},
    CodeKind{"Blocked", ErrorKind::denied},
    CodeKind{"PendingVerification", ErrorKind::denied},
    // of every service's front: who asks is not known, or his signature is not good
    CodeKind{"AccessDenied", ErrorKind::denied},
    CodeKind{"AccessDeniedException", ErrorKind::denied},
    CodeKind{"ExpiredToken", ErrorKind::denied},
    CodeKind{"ExpiredTokenException", ErrorKind::denied},
    CodeKind{"IncompleteSignature", ErrorKind::denied},
    CodeKind{"InvalidAccessKeyId", ErrorKind::denied},
    CodeKind{"InvalidClientTokenId", ErrorKind::denied},
    CodeKind{"InvalidSignatureException", ErrorKind::denied},
    CodeKind{"MissingAuthenticationToken", ErrorKind::denied},
    CodeKind{"RequestExpired", ErrorKind::denied},
    CodeKind{"RequestInTheFuture", ErrorKind::denied},
    CodeKind{"RequestTimeTooSkewed", ErrorKind::denied},
    CodeKind{"SignatureDoesNotMatch", ErrorKind::denied},
    CodeKind{"UnrecognizedClientException", ErrorKind::denied},
    CodeKind{"Unavailable", ErrorKind::unavailable},
    // 5xx: the cloud may have done it before it failed to say so.
    CodeKind{"InternalError", ErrorKind::unknown_outcome},
    CodeKind{"InternalFailure", ErrorKind::unknown_outcome},
    CodeKind{"ServiceUnavailable", ErrorKind::unknown_outcome},
};

}  // namespace

ErrorKind kind_of_code(std::string_view code) {
  auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const CodeKind& entry) { return entry.code == code; });
  if (found != kKinds.end()) return found->kind;
  if (code.ends_with(".NotFound") || code.ends_with(".NonExistentQueue")) return ErrorKind::not_found;
  if (code.starts_with("Internal") || code.starts_with("Server")) return ErrorKind::unknown_outcome;
  return ErrorKind::invalid;
}

const std::string* find_tag(const std::vector<Tag>& tags, std::string_view key) {
  auto found = std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.key == key; });
  return found == tags.end() ? nullptr : &found->value;
}

}  // namespace holdfast::ec2
