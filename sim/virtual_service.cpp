#include "sim/virtual_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "model/document.h"

namespace holdfast::sim {

using Side = CpuMeter::Side;

void VirtualService::Metered::submit(std::function<void()> job) {
  workers_.submit([&meter = meter_, job = std::move(job)] {
    CpuMeter::Turn turn(meter, Side::engine);
    job();
  });
}

VirtualService::VirtualService(VirtualCloud& cloud, engine::Store& store, Options options)
    : cloud_(cloud),
      store_(store),
      options_(options),
      time_(cloud.time()),
      budget_([this] { return time_.now(); }, ec2::kOnTheWay),
      budgeted_(cloud.api(), budget_,
                {.wait =
                     [this](Duration duration, const std::stop_token&) {
                       CpuMeter::Turn turn(cloud_.meter(), Side::world);  // others run meanwhile
                       VirtualWorkers::wait(duration);
                       return true;
                     }}),
      effects_(time_, options.workers),
      looks_(time_, options.look_workers),
      metered_effects_(effects_, cloud.meter()),
      metered_looks_(looks_, cloud.meter()) {}

VirtualService::~VirtualService() {
  cloud_.listen({});
  effects_.abandon();
  looks_.abandon();
}

Result<void> VirtualService::start() {
  CpuMeter::Turn turn(cloud_.meter(), Side::engine);
  engine::Controller::Ties ties{options_.api_budget ? static_cast<ec2::Ec2&>(budgeted_) : cloud_.api(),
                                store_,
                                time_,
                                metered_effects_,
                                metered_looks_,
                                [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); },
                                core::decide,
                                {}};
  if (options_.api_budget) {
    ties.budget_wait = [this](const ec2::ApiCall& call, int ahead) { return budget_.wait_for(call, ahead); };
  }
  engine::Controller::Options options;
  options.effects_at_once = options_.workers;
  options.sweep_interval = options_.sweep_interval;
  options.snapshots_at_once = options_.snapshots_at_once.value_or(cloud_.options().snapshots_under_way);
  controller_ = std::make_unique<engine::Controller>(options, std::move(ties));
  HF_TRY_VOID(controller_->start());
  cloud_.listen(
      [this](const ec2::CloudEvent& event) { posted_.push_back([this, event] { controller_->notify(event); }); });
  return {};
}

void VirtualService::turn() {
  auto outcome = controller_->turn();
  if (!changed) return;
  for (const engine::SharedView& view : outcome.changed) changed(view);
}

bool VirtualService::step() {
  return drive(time_, controller_.get(), posted_, [this](const Posted& posted) {
    CpuMeter::Turn own(cloud_.meter(), Side::engine);
    for (const auto& closure : posted) closure();
    turn();
  });
}

bool VirtualService::until(const std::function<bool()>& holds, Duration limit) {
  const Time end = time_.now() + limit;
  while (!holds()) {
    if (time_.now() >= end || !step()) return false;
  }
  return true;
}

void VirtualService::pass(Duration duration) {
  const Time end = time_.now() + duration;
  bool due = false;
  time_.post(duration, [&due] { due = true; });
  while (!due || time_.now() < end) step();
}

ManagedInstanceId VirtualService::create(const std::string& document, const model::Surroundings& surroundings) {
  auto spec = model::read_spec(document);
  CHECK(spec.has_value());
  ManagedInstanceId id(fmt::format("smi-{:08x}", ++made_));
  controller_->put(
      {id, model::Created{}, 0, engine::Revision{document, std::move(*spec), surroundings, {}, {}, std::nullopt}});
  return id;
}

size_t VirtualService::at_rest() const {
  size_t count = 0;
  controller_->loop().for_each([&](const engine::SharedView& view) {
    const model::State& state = view->state;
    count += state.instance && state.instance->healthy_at && !state.handover && state.asked.empty();
  });
  return count;
}

}  // namespace holdfast::sim
