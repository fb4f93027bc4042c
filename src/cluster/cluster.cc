#include "cluster/cluster.h"

#define OMPI_SKIP_MPICXX 1  // MPI's C interface alone

#include <fmt/format.h>
#include <mpi.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <map>

#include "base/text.h"
#include "cluster/task_queue.h"

namespace delever::cluster {
namespace {

// What is sent: a tag for its kind, the number of the task in eight bytes, and text.
enum Tag : int { hello = 1, task = 2, result = 3, failure = 4, stop = 5 };
struct Message {
  int from = 0;
  Tag tag = hello;
  uint64_t number = 0;
  std::string text;
};

// Between looks for messages, when there is nothing to do. MPI's own waiting would spin and cost a
// whole core; a millisecond costs an idle rank under 1 % of one, and a run that ends waits half of
// it on the mean.
constexpr Duration kLook = Duration::ms(1);

std::string packed(const Error& e) {
  return fmt::format("{}\n{}\n{}", static_cast<int>(e.fault), e.where, e.what);
}
Error unpacked(std::string_view text) {
  const size_t first = text.find('\n'), second = text.find('\n', first + 1);
  CHECK(second != text.npos);
  const auto fault = read_int(text.substr(0, first));
  CHECK(fault);
  return {static_cast<Fault>(*fault), std::string(text.substr(second + 1)),
          std::string(text.substr(first + 1, second - first - 1))};
}

}  // namespace

struct Cluster::Inside {
  int rank = 0, ranks = 1;
  bool greeted = false;
  std::map<int, Message> hellos;  // of rank 0: by rank
  std::vector<size_t> threads;    // of rank 0: what each rank said it has
  struct Outgoing {
    std::string bytes;
    MPI_Request request{};
  };
  std::list<Outgoing> outgoing;

  void send(int to, Tag tag, uint64_t number, std::string_view text) {
    Outgoing& o = outgoing.emplace_back();
    o.bytes.resize(8 + text.size());
    std::memcpy(o.bytes.data(), &number, 8);
    std::memcpy(o.bytes.data() + 8, text.data(), text.size());
    MPI_Isend(o.bytes.data(), static_cast<int>(o.bytes.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD,
              &o.request);
  }
  void drop_sent() {
    outgoing.remove_if([](Outgoing& o) {
      int done = 0;
      MPI_Test(&o.request, &done, MPI_STATUS_IGNORE);
      return done != 0;
    });
  }
  std::optional<Message> receive() {
    drop_sent();
    int there = 0, size = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (!there) return std::nullopt;
    MPI_Get_count(&status, MPI_BYTE, &size);
    CHECK(size >= 8);
    std::string bytes(static_cast<size_t>(size), '\0');
    MPI_Recv(bytes.data(), size, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    Message message{.from = status.MPI_SOURCE, .tag = static_cast<Tag>(status.MPI_TAG)};
    std::memcpy(&message.number, bytes.data(), 8);
    message.text = bytes.substr(8);
    return message;
  }
  Message wait_for_message() {
    for (;;) {
      if (auto message = receive()) return *std::move(message);
      std::this_thread::sleep_for(std::chrono::nanoseconds(kLook.ns()));
    }
  }
  // Rank 0: every other rank says what it is about and how many threads it has.
  void receive_hellos() {
    while (hellos.size() + 1 < static_cast<size_t>(ranks)) {
      Message message = wait_for_message();
      CHECK(message.tag == hello || message.tag == failure);
      hellos[message.from] = std::move(message);
    }
  }
  Result<void> greet(const std::string& same) {
    if (greeted) return {};
    receive_hellos();
    threads.assign(static_cast<size_t>(ranks), 0);
    for (const auto& [from, message] : hellos) {
      if (message.tag == failure) return unpacked(message.text).at(fmt::format("rank {}", from));
      if (message.text != same)
        return Error{Fault::malformed, "reads another scenario, rulebooks or program than rank 0",
                     fmt::format("rank {}", from)};
      threads[static_cast<size_t>(from)] = message.number;
    }
    greeted = true;
    return {};
  }
};

std::optional<int> Cluster::launched_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK"}) {
    const char* value = std::getenv(name);
    if (!value) continue;
    if (const auto rank = read_int(value); rank && *rank >= 0 && *rank < 1'000'000)
      return static_cast<int>(*rank);
  }
  return std::nullopt;
}

Cluster::Cluster(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Result<std::unique_ptr<Cluster>> Cluster::join() {
  int before = 0, provided = 0;
  MPI_Initialized(&before);
  if (before) return Error{Fault::refused, "this process has joined its mpirun job before"};
  // Only one thread of each rank talks.
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  auto inside = std::make_unique<Inside>();
  MPI_Comm_rank(MPI_COMM_WORLD, &inside->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &inside->ranks);
  std::unique_ptr<Cluster> made(new Cluster(std::move(inside)));
  if (provided < MPI_THREAD_FUNNELED)
    return Error{Fault::unavailable, "MPI was built without threads"};
  return made;
}

Cluster::~Cluster() {
  if (inside_->rank == 0) {
    inside_->receive_hellos();
    for (int r = 1; r < inside_->ranks; ++r) inside_->send(r, stop, 0, "");
  }
  while (!inside_->outgoing.empty()) {
    inside_->drop_sent();
    if (!inside_->outgoing.empty())
      std::this_thread::sleep_for(std::chrono::nanoseconds(kLook.ns()));
  }
  MPI_Finalize();
}

int Cluster::rank() const { return inside_->rank; }
int Cluster::ranks() const { return inside_->ranks; }

void Cluster::serve(const Result<std::string>& same, unsigned threads, const Work& work) {
  Inside& in = *inside_;
  CHECK(in.rank > 0);
  if (same.has_value())
    in.send(0, hello, threads, same.value());
  else
    in.send(0, failure, 0, packed(same.error()));
  TaskQueue queue(threads, work);
  for (;;) {
    while (auto message = in.receive()) {
      if (message->tag == stop) return;
      CHECK(message->tag == task);
      queue.push(message->number, std::move(message->text));
    }
    while (auto done = queue.pop(kLook)) {
      const Result<std::string>& r = done->result;
      in.send(0, r.has_value() ? result : failure, done->number,
              r.has_value() ? r.value() : packed(r.error()));
      if (auto message = in.receive()) {
        if (message->tag == stop) return;
        queue.push(message->number, std::move(message->text));
      }
    }
  }
}

Result<void> Cluster::run(
    const std::string& same, unsigned threads, const Work& work,
    const std::vector<std::string>& tasks,
    const std::function<Result<void>(size_t number, std::string_view result)>& on_result) {
  Inside& in = *inside_;
  CHECK(in.rank == 0);
  TRY(in.greet(same));
  TaskQueue queue(threads, work);
  std::vector<size_t> free_of = in.threads;
  std::optional<Error> failed;
  size_t next = 0, under_way = 0;
  const auto finished = [&](size_t number, Result<std::string> r) {
    --under_way;
    if (failed) return;
    if (!r.has_value())
      failed = std::move(r.error());
    else if (auto taken = on_result(number, r.value()); !taken.has_value())
      failed = std::move(taken.error());
  };
  while (under_way > 0 || (!failed && next < tasks.size())) {
    if (!failed) {
      // The other ranks first: their messages take longer.
      for (int r = 1; r < in.ranks; ++r) {
        for (size_t& left = free_of[static_cast<size_t>(r)]; left > 0 && next < tasks.size();
             --left, ++under_way) {
          in.send(r, task, next, tasks[next]);
          ++next;
        }
      }
      for (; queue.idle() > 0 && next < tasks.size(); ++under_way) {
        queue.push(next, tasks[next]);
        ++next;
      }
    }
    if (auto done = queue.pop(kLook)) finished(done->number, std::move(done->result));
    while (auto message = in.receive()) {
      CHECK(message->tag == result || message->tag == failure);
      ++free_of[static_cast<size_t>(message->from)];
      if (message->tag == result)
        finished(message->number, std::move(message->text));
      else
        finished(message->number,
                 unpacked(message->text).at(fmt::format("rank {}", message->from)));
    }
  }
  if (failed) return *std::move(failed);
  return {};
}

}  // namespace delever::cluster
