// The parts of holdfast-init. One small static program with three duties, chosen by its arguments:
//   (as PID 1)            the minimal image's init: runs user data once, reaps, shuts down in order
//   --user-data           only the user data's part: for images with an init of their own (a systemd unit runs it)
//   --console FILE        on the host: keeps the last of what a machine writes to its console, until the machine ends
// No exceptions, no locale, no name resolution: it must start in a millisecond and work in an almost empty root.
#pragma once

#include <string>

namespace holdfast_init {

// "holdfast-init: text" on stderr, which is the machine's console.
void say(const std::string& text);

bool write_all(int fd, const char* bytes, size_t count);
std::string read_file(const std::string& path, size_t most);
// Whole or not at all, also after a power cut.
bool write_file_durably(const std::string& path, const std::string& text, unsigned mode);

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};
struct HttpRequest {
  std::string method;
  std::string path;
  std::string headers;  // whole lines, each ended by \r\n
  std::string body;
};
// One request to the metadata service at 169.254.169.254.
HttpAnswer ask_metadata(const HttpRequest& request);

// Fetches user data, runs it if this instance has not run it to its end, and reports its exit status until the service
// has taken it. Returns the exit status.
int user_data_main();

// The rest of an orderly shutdown once it was asked for; called by PID 1 with signals blocked. Bounded in time.
void shut_down();

// fd 3: the console's master, fd 4: pidfd of the machine's init, fd 5: the slave, so that the master never hangs up.
int console_main(const char* path);

}  // namespace holdfast_init
