// Reports as the JSON text that their verbs print: one definition of each answer, whoever asks.
#include <pybind11/stl.h>

#include "python/bindings.h"
#include "python/failure.h"
#include "render/brief_render.h"
#include "render/carry_render.h"
#include "render/chain_render.h"
#include "render/ensemble_render.h"
#include "render/json.h"
#include "render/levels_render.h"
#include "render/simulate_render.h"
#include "render/stress_render.h"
#include "render/verdict_render.h"
#include "reports/brief.h"
#include "reports/carry.h"
#include "reports/chain.h"
#include "reports/ensemble.h"
#include "reports/explain.h"
#include "reports/inputs.h"
#include "reports/levels.h"
#include "reports/simulate_run.h"
#include "reports/stress.h"
#include "reports/verdict.h"
#include "tape/inspect.h"

namespace delever::python {

namespace py = pybind11;

namespace {

using Texts = std::vector<std::string>;

// A report without the lock, rendered there as well.
template <class Ask>
std::string told(Ask ask) {
  return unlocked([&]() -> Result<std::string> {
    SystemClock clock;
    reports::Context context{.clock = &clock};
    return ask(context);
  });
}

std::string brief(std::string episode, Texts tapes, std::string asset, std::string at,
                  std::string claims, std::string format) {
  return told([&](reports::Context& context) -> Result<std::string> {
    const reports::Brief page = TRY(reports::brief_of(
        {.episode = episode, .tapes = tapes, .claims = claims, .asset = asset, .at = at}, context));
    return format == "html"   ? render::brief_html(page)
           : format == "text" ? render::brief_text(page)
                              : render::brief_json(page);
  });
}

std::string verdict(Texts tapes, Texts data, std::string at, std::string claims) {
  return told([&](reports::Context& context) -> Result<std::string> {
    reports::VerdictOptions options{.at = at, .claims = claims};
    options.from.tapes = tapes;
    options.from.data = data;
    options.from.rules = "rules/2026-01-30.toml";
    return render::verdict_json(TRY(reports::verdict_report(options, context)));
  });
}

// (JSON, CSV of one line an option).
std::pair<std::string, std::string> chain(Texts tapes, std::string asset, std::string at,
                                          std::string expiry) {
  return unlocked([&]() -> Result<std::pair<std::string, std::string>> {
    SystemClock clock;
    reports::Context context{.clock = &clock};
    const reports::ChainReport page = TRY(reports::chain_report(
        {.tapes = tapes, .asset = asset, .at = at, .expiry = expiry}, context));
    return std::pair(render::json_line(render::chain_json(page)), render::chain_csv(page));
  });
}

std::string stress(Texts tapes, std::string book, std::string asset, std::string at, Texts moves,
                   std::optional<double> price, bool unscored) {
  return told([&](reports::Context& context) -> Result<std::string> {
    reports::StressOptions options{.tapes = tapes,
                                   .book = book,
                                   .asset = asset,
                                   .at = at,
                                   .price = price,
                                   .unscored = unscored};
    if (!moves.empty()) options.moves = moves;
    return render::json_line(render::stress_json(TRY(reports::stress_of(options, context))));
  });
}

std::string simulate(std::string scenario, uint64_t seed, unsigned threads, Texts without,
                     std::string out, bool replace) {
  return told([&](reports::Context& context) -> Result<std::string> {
    const reports::ScenarioRead read = TRY(reports::read_scenario(scenario, without));
    const sim::Outcome outcome = TRY(reports::run_scenario(
        context, read.scenario,
        {.out = out,
         .replace = replace,
         .options = {.seed = seed, .threads = threads, .switches = read.switches}}));
    return render::json_line(render::simulate_json(read.scenario, outcome));
  });
}

std::string ensemble(std::string scenario, uint64_t seed, size_t runs, unsigned threads,
                     Texts without, bool mechanisms) {
  return told([&](reports::Context& context) -> Result<std::string> {
    reports::EnsembleOptions options;
    options.scenario = scenario;
    options.without = without;
    options.seed = seed;
    options.runs = runs;
    options.threads = threads;
    options.mechanisms = mechanisms;
    const auto report = TRY(reports::ensemble_report(options, context));
    if (!report) return std::string("null");
    return render::json_line(render::ensemble_report_json(*report));
  });
}

render::Json streams_json(const tape::TapeInfo& info) {
  render::Json streams = render::Json::array();
  const auto text = [](const std::optional<Instant>& at) {
    return at ? render::Json(at->text()) : render::Json();
  };
  for (const tape::StreamSummary& s : info.streams)
    streams.push_back({{"name", s.info.name},
                       {"messages", s.messages},
                       {"first", text(s.first)},
                       {"last", text(s.last)}});
  return streams;
}

std::string tape_info(std::string path) {
  return told([&](reports::Context&) -> Result<std::string> {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    const auto text = [](const std::optional<Instant>& at) {
      return at ? render::Json(at->text()) : render::Json();
    };
    return render::json_line({{"path", path},
                              {"file_bytes", info.file_bytes},
                              {"messages", info.messages},
                              {"first", text(info.first)},
                              {"last", text(info.last)},
                              {"closed", info.closed},
                              {"gaps", info.gaps.size()},
                              {"damaged", info.damage.size()},
                              {"streams", streams_json(info)}});
  });
}

py::list explain() {
  py::list out;
  for (const reports::Explained& e : value_of(reports::explained_words()))
    out.append(py::make_tuple(e.kind, e.name, e.meaning, e.more));
  return out;
}

}  // namespace

void bind_documents(py::module_& m) {
  m.def("brief", &brief, py::arg("episode"), py::arg("tapes"), py::arg("asset"), py::arg("at"),
        py::arg("claims"), py::arg("format"));
  m.def("verdict", &verdict, py::arg("tapes"), py::arg("data"), py::arg("at"), py::arg("claims"));
  m.def("chain", &chain, py::arg("tapes"), py::arg("asset"), py::arg("at"), py::arg("expiry"));
  m.def("stress", &stress, py::arg("tapes"), py::arg("book"), py::arg("asset"), py::arg("at"),
        py::arg("moves"), py::arg("price"), py::arg("unscored"));
  m.def("simulate", &simulate, py::arg("scenario"), py::arg("seed"), py::arg("threads"),
        py::arg("without"), py::arg("out"), py::arg("replace"));
  m.def("ensemble", &ensemble, py::arg("scenario"), py::arg("seed"), py::arg("runs"),
        py::arg("threads"), py::arg("without"), py::arg("mechanisms"));
  m.def("tape_info", &tape_info, py::arg("path"));
  m.def("explain", &explain);
  m.def("find_shipped", &reports::find_shipped, py::arg("name"));
}

}  // namespace delever::python
