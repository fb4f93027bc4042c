#include "cluster/cluster.h"

#define OMPI_SKIP_MPICXX 1  // MPI's C interface alone

#include <fmt/format.h>
#include <mpi.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <map>

#include "base/text.h"
#include "cluster/pool.h"

namespace delever::cluster {
namespace {

// What is sent: a tag for its kind, the number of the order in eight bytes, and text.
enum Tag : int { hello = 1, order = 2, reply = 3, failure = 4, stop = 5 };
struct Letter {
  int from = 0;
  Tag tag = hello;
  uint64_t number = 0;
  std::string text;
};

// Between looks at the mail, when there is nothing to do. MPI's own waiting would spin and cost a
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
  std::map<int, Letter> hellos;  // of rank 0: by rank
  std::vector<size_t> threads;   // of rank 0: what each rank said it has
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
  std::optional<Letter> receive() {
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
    Letter letter{.from = status.MPI_SOURCE, .tag = static_cast<Tag>(status.MPI_TAG)};
    std::memcpy(&letter.number, bytes.data(), 8);
    letter.text = bytes.substr(8);
    return letter;
  }
  Letter wait_for_letter() {
    for (;;) {
      if (auto letter = receive()) return *std::move(letter);
      std::this_thread::sleep_for(std::chrono::nanoseconds(kLook.ns()));
    }
  }
  // Rank 0: every other rank says what it is about and how many threads it has.
  void hear_hellos() {
    while (hellos.size() + 1 < static_cast<size_t>(ranks)) {
      Letter letter = wait_for_letter();
      CHECK(letter.tag == hello || letter.tag == failure);
      hellos[letter.from] = std::move(letter);
    }
  }
  Result<void> greet(const std::string& same) {
    if (greeted) return {};
    hear_hellos();
    threads.assign(static_cast<size_t>(ranks), 0);
    for (const auto& [from, letter] : hellos) {
      if (letter.tag == failure) return unpacked(letter.text).at(fmt::format("rank {}", from));
      if (letter.text != same)
        return Error{Fault::malformed, "reads another scenario, rulebooks or program than rank 0",
                     fmt::format("rank {}", from)};
      threads[static_cast<size_t>(from)] = letter.number;
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
    inside_->hear_hellos();
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
  Pool pool(threads, work);
  for (;;) {
    while (auto letter = in.receive()) {
      if (letter->tag == stop) return;
      CHECK(letter->tag == order);
      pool.give(letter->number, std::move(letter->text));
    }
    while (auto answer = pool.take(kLook)) {
      const Result<std::string>& r = answer->reply;
      in.send(0, r.has_value() ? reply : failure, answer->number,
              r.has_value() ? r.value() : packed(r.error()));
      if (auto letter = in.receive()) {
        if (letter->tag == stop) return;
        pool.give(letter->number, std::move(letter->text));
      }
    }
  }
}

Result<void> Cluster::run(
    const std::string& same, unsigned threads, const Work& work,
    const std::vector<std::string>& orders,
    const std::function<Result<void>(size_t number, std::string_view reply)>& replied) {
  Inside& in = *inside_;
  CHECK(in.rank == 0);
  TRY(in.greet(same));
  Pool pool(threads, work);
  std::vector<size_t> free_of = in.threads;
  std::optional<Error> failed;
  size_t next = 0, under_way = 0;
  const auto answered = [&](size_t number, Result<std::string> r) {
    --under_way;
    if (failed) return;
    if (!r.has_value())
      failed = std::move(r.error());
    else if (auto taken = replied(number, r.value()); !taken.has_value())
      failed = std::move(taken.error());
  };
  while (under_way > 0 || (!failed && next < orders.size())) {
    if (!failed) {
      // The other ranks first: they wait longer for their mail.
      for (int r = 1; r < in.ranks; ++r) {
        for (size_t& left = free_of[static_cast<size_t>(r)]; left > 0 && next < orders.size();
             --left, ++under_way) {
          in.send(r, order, next, orders[next]);
          ++next;
        }
      }
      for (; pool.idle() > 0 && next < orders.size(); ++under_way) {
        pool.give(next, orders[next]);
        ++next;
      }
    }
    if (auto answer = pool.take(kLook)) answered(answer->number, std::move(answer->reply));
    while (auto letter = in.receive()) {
      CHECK(letter->tag == reply || letter->tag == failure);
      ++free_of[static_cast<size_t>(letter->from)];
      if (letter->tag == reply)
        answered(letter->number, std::move(letter->text));
      else
        answered(letter->number, unpacked(letter->text).at(fmt::format("rank {}", letter->from)));
    }
  }
  if (failed) return *std::move(failed);
  return {};
}

}  // namespace delever::cluster
