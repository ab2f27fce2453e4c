import { anomalyBlueprint } from "./anomaly/blueprint.js";
import { evaluated, evaluatedStream } from "./anomaly/evaluation.js";
import { inspect as inspectAnomaly } from "./anomaly/inspection.js";
import { seriesToScore, storeAnomalyData } from "./anomaly/storing.js";
import { notesOnClasses } from "./classify/beware.js";
import { classifyBlueprint } from "./classify/blueprint.js";
import { evaluated as evaluatedClasses } from "./classify/evaluation.js";
import { inspect as inspectClassifier } from "./classify/inspection.js";
import { storeClasses } from "./classify/storing.js";
import { forecasterBlueprint } from "./forecast/blueprint.js";
import { evaluatedStream as evaluatedForecastStream, evaluated as evaluatedForecasts } from "./forecast/evaluation.js";
import { inspect as inspectForecaster } from "./forecast/inspection.js";
import { badOnes, predictedSeries } from "./forecast/stored-predictions.js";
import { storeForecastData } from "./forecast/storing.js";
import { notesOnTexts } from "./generate/beware.js";
import { generateBlueprint } from "./generate/blueprint.js";
import { inspect as inspectWriter } from "./generate/inspection.js";
import { keepRows, storeLabelled } from "./generate/storing.js";
import { languageModelBlueprint } from "./language-model/blueprint.js";
import { evaluateFile } from "./language-model/evaluated-file.js";
import { inspected } from "./language-model/inspection/inspected.js";
import { looked } from "./language-model/inspection/looked.js";
import { storeCorpusAndConfig } from "./language-model/stored-corpus.js";
import { notesOnNumbers } from "./regress/beware.js";
import { regressBlueprint } from "./regress/blueprint.js";
import { inspect as inspectRegressor } from "./regress/inspection.js";
import { storeNumbers } from "./regress/storing.js";
import { rowDoubts } from "./rows/doubts.js";
import { seq2seqBlueprint } from "./seq2seq/blueprint.js";
import { inspect as inspectPairs } from "./seq2seq/inspection.js";
import { storePairs } from "./seq2seq/storing.js";
import { notesOnTags } from "./tag/beware.js";
import { tagBlueprint } from "./tag/blueprint.js";
import { inspect as inspectTagger } from "./tag/inspection.js";
import { storeSentences } from "./tag/storing.js";

/**
 * What tasks need only when they are asked to show, to leave or to be trained from a disk. Who loads a model to predict does not fetch it; one
 * piece for all, since small ones share so much that each would be split again.
 */
export const anomaly = {
  inspect: inspectAnomaly,
  blueprint: anomalyBlueprint,
  store: storeAnomalyData,
  toScore: seriesToScore,
  evaluated,
  evaluatedStream,
  badOnes,
};
export const classify = {
  inspect: inspectClassifier,
  blueprint: classifyBlueprint,
  beware: notesOnClasses,
  evaluated: evaluatedClasses,
  store: storeClasses,
};
export const rows = { doubts: rowDoubts };
export const forecast = {
  inspect: inspectForecaster,
  blueprint: forecasterBlueprint,
  store: storeForecastData,
  evaluated: evaluatedForecasts,
  evaluatedStream: evaluatedForecastStream,
  predicted: predictedSeries,
};
export const generate = {
  inspect: inspectWriter,
  blueprint: generateBlueprint,
  store: storeLabelled,
  keep: keepRows,
  beware: notesOnTexts,
};
export const languageModel = {
  inspected,
  looked,
  blueprint: languageModelBlueprint,
  evaluateFile,
  store: storeCorpusAndConfig,
};
export const regress = {
  inspect: inspectRegressor,
  blueprint: regressBlueprint,
  beware: notesOnNumbers,
  store: storeNumbers,
};
export const seq2seq = { inspect: inspectPairs, blueprint: seq2seqBlueprint, store: storePairs };
export const tag = { inspect: inspectTagger, blueprint: tagBlueprint, store: storeSentences, beware: notesOnTags };
