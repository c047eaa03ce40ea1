// ModifyVolume and DescribeVolumesModifications. A volume only grows; what is inside it (partitions, filesystems) is
// its user's to grow. Type, IOPS and throughput are data.
#include <algorithm>

#include "cloud/filters.h"
#include "cloud/rules/launch_plan.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

bool takes_iops(const std::string& type) {
  return type == "gp3" || type == "io1" || type == "io2";
}

ec2::VolumeModification view(const Modification& row) {
  ec2::VolumeModification shown;
  shown.volume_id = row.volume, shown.modification_state = row.state, shown.status_message = row.message;
  shown.target_size = row.size, shown.original_size = row.old_size;
  shown.target_volume_type = row.type, shown.original_volume_type = row.old_type;
  shown.target_iops = row.iops, shown.original_iops = row.old_iops;
  shown.target_throughput = row.throughput, shown.original_throughput = row.old_throughput;
  shown.progress = row.state == "completed" ? 100 : 0;
  shown.start_time = row.started_at, shown.end_time = row.ended_at;
  return shown;
}

Result<Modification> plan(const Call& call, const Volume& volume, const ec2::ModifyVolumeRequest& request) {
  if (!request.size && request.volume_type.empty() && !request.iops && !request.throughput) {
    return missing("Size, VolumeType, Iops or Throughput");
  }
  std::string type = request.volume_type.empty() ? volume.type : request.volume_type;
  HF_TRY(int size, check_volume(call.model, std::nullopt, request.size.value_or(volume.size), type, request.iops,
                                request.throughput, std::nullopt, ""));
  if (size < volume.size) {
    return bad_value("A volume only grows: the size " + std::to_string(size) + " is below its " +
                         std::to_string(volume.size) + " GiB.",
                     "Size");
  }
  Modification row;
  row.volume = volume.id, row.started_at = call.now;
  row.size = size, row.old_size = volume.size, row.type = type, row.old_type = volume.type;
  row.old_iops = volume.iops, row.old_throughput = volume.throughput;
  if (takes_iops(type)) row.iops = request.iops ? request.iops : volume.iops;
  if (type == "gp3") row.throughput = request.throughput ? request.throughput : volume.throughput;
  return row;
}

const std::vector<FilterField<ec2::VolumeModification>> kFields = {
    {"volume-id", [](const auto& x) { return Values{x.volume_id.str()}; }},
    {"modification-state", [](const auto& x) { return Values{x.modification_state}; }},
    {"target-size", [](const auto& x) { return Values{std::to_string(*x.target_size)}; }},
    {"original-size", [](const auto& x) { return Values{std::to_string(*x.original_size)}; }},
    {"target-volume-type", [](const auto& x) { return Values{x.target_volume_type}; }},
    {"original-volume-type", [](const auto& x) { return Values{x.original_volume_type}; }},
};

}  // namespace

FurtherAnswer act(Call& call, const ec2::ModifyVolumeRequest& request) {
  HF_TRY(const Volume* volume, need(call.model.volumes, request.volume_id, "VolumeId"));
  if (volume->state != "available" && volume->state != "in-use") {
    return ec2::ec2_fail("IncorrectState", "The volume '" + volume->id.str() + "' is " + volume->state + ".");
  }
  const Modification* before = call.model.modifications.find(volume->id);
  if (before != nullptr && before->state == "modifying") {
    return ec2::ec2_fail("IncorrectModificationState",
                         "The volume '" + volume->id.str() + "' is being modified; wait until that is done.");
  }
  HF_TRY(Modification row, plan(call, *volume, request));
  call.model.modifications.put(row.volume, row);
  progress_volume(call, row.volume);
  return ec2::ModifyVolumeResponse{view(row)};
}

FurtherAnswer act(Call& call, const ec2::DescribeVolumesModificationsRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kFields));
  for (const auto& id : request.volume_ids) {
    HF_TRY_VOID(need(call.model.volumes, id, "VolumeId"));
    if (call.model.modifications.contains(id)) continue;
    return fail(ErrorKind::not_found, "InvalidVolumeModification.NotFound",
                "The volume '" + id.str() + "' was never modified.", "VolumeId");
  }
  std::vector<ec2::VolumeModification> all;
  for (const auto& [id, row] : call.model.modifications.rows()) {
    const auto& ids = request.volume_ids;
    bool wanted = ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
    if (wanted && matches(view(row), {}, request.filters, kFields)) all.push_back(view(row));
  }
  ec2::DescribeVolumesModificationsResponse response{{}, request.next_token};
  HF_TRY(response.volumes_modifications,
         list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
