// Asks DuckDB of exported tables and prints what it says as JSON:  node read.mjs FOLDER
// FOLDER has trades.csv, quotes.csv and events.jsonl; trades.parquet is written there and read back.
import { DuckDBInstance } from "@duckdb/node-api";

const folder = process.argv[2].replaceAll("'", "''");
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const one = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();

const out = {};
out.trades = await one(`SELECT count(*)::INT AS rows, round(sum(price * amount), 2) AS turnover FROM '${folder}/trades.csv'`);
out.quotes = await one(`SELECT count(*)::INT AS rows FROM '${folder}/quotes.csv'`);
await connection.run(`COPY (SELECT make_timestamp(timestamp) AS moment, * FROM '${folder}/trades.csv') TO '${folder}/trades.parquet'`);
out.parquet = await one(`SELECT count(*)::INT AS rows, round(sum(price * amount), 2) AS turnover, min(moment)::VARCHAR AS first FROM '${folder}/trades.parquet'`);
out.events = await one(`SELECT event AS kind, count(*)::INT AS rows FROM read_json('${folder}/events.jsonl', format = 'newline_delimited', union_by_name = true, sample_size = -1) GROUP BY ALL ORDER BY ALL`);
console.log(JSON.stringify(out));
