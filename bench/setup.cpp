#include "bench/setup.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "support/wait.h"

namespace holdfast::bench {

using namespace std::chrono_literals;
using support::ApiClient;
using support::Happening;
using support::ManagedStatus;
using support::wait_until;

std::unique_ptr<Setup> set_up(const std::string& substrate, const std::vector<std::string>& more) {
  support::Scratch scratch = must(support::Scratch::make("holdfast-bench"));
  if (substrate == "linux") {
    const std::string missing = support::why_no_machines(scratch.path());
    if (!missing.empty()) give_up("real machines cannot run here:\n" + missing);
  }
  // A database on the bare host runs as another user and must reach what is below.
  if (chmod(scratch.path().c_str(), 0755) != 0) give_up("cannot open " + scratch.path());
  support::ServiceOptions options;
  options.binary = support::holdfast_binary();
  options.data_dir = scratch.path() + "/data";
  options.substrate = substrate;
  options.more = more;
  support::Service service(options);
  must(service.start(120s));
  ApiClient client = service.client();
  return std::unique_ptr<Setup>(new Setup{std::move(scratch), std::move(service), std::move(client)});
}

ManagedStatus bring_up(const ApiClient& client, const std::string& example,
                       const std::map<std::string, std::string>& changes) {
  const std::string document = must(support::document_of(support::source_file("examples/" + example), changes));
  return must(client.wait_for(must(client.create(document)), "ACTIVE", 180s));
}

ManagedStatus wait_replaced(const ApiClient& client, const ManagedStatus& before) {
  Result<ManagedStatus> now;
  const bool reached = wait_until(120s, [&] {
    now = client.status(before.id);
    return now && now->generation > before.generation && now->status == "ACTIVE";
  });
  if (!reached)
    give_up(now ? fmt::format("{} is {} {} {}", now->id, now->status, now->phase, now->error) : describe(now.error()));
  return *now;
}

Happening replaced_event(const ApiClient& client, const std::string& id, int generation) {
  for (const Happening& event : must(client.events(id, 0))) {
    if (event.kind == "replaced" && event.generation == generation) return event;
  }
  give_up(fmt::format("the history of {} does not tell of generation {}", id, generation));
}

}  // namespace holdfast::bench
