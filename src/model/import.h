// The import of an EC2 instance that exists: what was found of it, and how far its becoming a managed instance is.
// Given with Created, kept in the state for as long as the managed instance lives: asked again for the same instance,
// the service answers the same managed instance.
//
// Two ways. Adopted: the original becomes generation 1, with its volumes (and its interface, if the address is kept),
// and an ordinary handover to generation 2 takes it down. Copied: the original goes on and is not touched; the first
// instance is made of snapshots of its volumes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/effect.h"

namespace holdfast::model {

struct OriginalVolume {
  std::string device;
  VolumeId id;
  int size_gib = 0;
  bool operator==(const OriginalVolume&) const = default;
};

// As it was found, running, when the import was accepted.
struct Original {
  InstanceId instance;
  Market market;
  ImageId image;
  Time launched_at{};
  std::string private_ip;
  std::string public_ip;
  OriginalVolume root;
  std::vector<OriginalVolume> data;
  InterfaceId interface;  // the primary one
  std::string mac;
  bool operator==(const Original&) const = default;
};

struct Import {
  Original original;
  bool adopted = false;          // shouldTerminateInstance; otherwise copied
  bool keep_private_ip = false;  // adopted only
  // Adopted: our tags were put on.
  std::optional<Time> tagged_at;
  // Adopted: all of it was observed as ours, and as outliving its instance. Nothing is taken down before.
  std::optional<Time> secured_at;
  int attempt = 0;                       // copied: sets of snapshots of which one failed
  std::optional<Time> copies_failed_at;  // the last of them
  bool given_up = false;                 // adopted: deleted before anything was taken down; the original stays as it is
  bool released = false;                 // and our tags are off it again
  std::optional<Time> done_at;           // the new instance was seen healthy
  bool operator==(const Import&) const = default;
};

}  // namespace holdfast::model
