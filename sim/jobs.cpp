#include "sim/jobs.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "base/check.h"

namespace holdfast::sim {

namespace {

constexpr char kAnswer = '\x01';  // what comes after it is the answer, not stderr

struct Job {
  uint64_t number = 0;
  pid_t process = 0;
  int from = -1;
  std::string said;
};

void write_all(int to, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    ssize_t written = ::write(to, text.data() + at, text.size() - at);
    if (written <= 0) ::_exit(2);
    at += static_cast<size_t>(written);
  }
}

Job begin(uint64_t number, const std::function<std::string(uint64_t)>& work) {
  std::fflush(nullptr);
  int ends[2];
  CHECK(::pipe(ends) == 0);
  pid_t process = ::fork();
  CHECK(process >= 0);
  if (process == 0) {
    ::close(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    write_all(ends[1], kAnswer + work(number));
    ::_exit(0);
  }
  ::close(ends[1]);
  return {number, process, ends[0], {}};
}

JobEnd end(Job& job) {
  ::close(job.from);
  int status = 0;
  CHECK(::waitpid(job.process, &status, 0) == job.process);
  bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  auto answer = job.said.find(kAnswer);
  if (well && answer != std::string::npos) return {job.number, false, job.said.substr(answer + 1)};
  return {job.number, true, job.said.substr(0, answer)};
}

void abandon(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    ::kill(job.process, SIGKILL);
    (void)end(job);
  }
  jobs.clear();
}

}  // namespace

void run_jobs(uint64_t count, int at_once, const std::function<std::string(uint64_t)>& work,
              const std::function<bool(const JobEnd&)>& ended) {
  std::vector<Job> jobs;
  uint64_t begun = 0;
  while (begun < count || !jobs.empty()) {
    while (begun < count && jobs.size() < static_cast<size_t>(at_once)) jobs.push_back(begin(begun++, work));
    std::vector<pollfd> polled;
    for (const Job& job : jobs) polled.push_back({job.from, POLLIN, 0});
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    for (size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents == 0) continue;
      char buffer[65536];
      ssize_t size = ::read(jobs[i].from, buffer, sizeof buffer);
      if (size > 0) {
        jobs[i].said.append(buffer, static_cast<size_t>(size));
        continue;
      }
      JobEnd told = end(jobs[i]);
      jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(i));
      if (!ended(told)) return abandon(jobs);
    }
  }
}

}  // namespace holdfast::sim
