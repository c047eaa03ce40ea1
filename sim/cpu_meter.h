// Whose processor time it is: the engine's, or that of the world around it (the cloud's model, the simulator). Whoever
// hands over to the other says so; what a fiber leaves behind when it waits is the world's.
//
// Thread: one, the simulator's.
#pragma once

#include <ctime>

namespace holdfast::sim {

class CpuMeter {
 public:
  enum class Side { world, engine };

  // While it lives, what runs is that side's.
  class Turn {
   public:
    Turn(CpuMeter& meter, Side side) : meter_(meter), before_(meter.side_) { meter_.to(side); }
    ~Turn() { meter_.to(before_); }
    Turn(const Turn&) = delete;

   private:
    CpuMeter& meter_;
    Side before_;
  };

  void to(Side side) {
    double now = seconds_now();
    (side_ == Side::engine ? engine_ : world_) += now - since_;
    since_ = now;
    side_ = side;
  }
  double engine_seconds() const { return engine_; }
  double world_seconds() const { return world_; }

 private:
  static double seconds_now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  Side side_ = Side::world;
  double since_ = seconds_now();
  double engine_ = 0;
  double world_ = 0;
};

}  // namespace holdfast::sim
