defmodule Workbooks.Web.API.Schemas do
  @moduledoc false
  # What the API's JSON looks like.

  alias Workbooks.Web.Errors

  @id "sum"
  @run "06h02oa05v2nsiekvn12fpo"
  @at "2026-01-02T03:04:05.678901Z"
  @etag String.duplicate("0f", 32)

  @time %{type: "string", format: "date-time", examples: [@at]}
  @maybe_time %{type: ["string", "null"], format: "date-time"}
  @count %{type: "integer", minimum: 0}
  # Up to what a number is exact as in JSON.
  @version %{type: "integer", minimum: 1, maximum: 9_007_199_254_740_991, examples: [1]}
  @etag_of %{type: "string", pattern: "^[0-9a-f]{64}$", examples: [@etag]}
  @status %{type: "string", enum: ["running", "ok", "failed", "invalid", "timeout", "cancelled"]}
  @ms %{type: ["number", "null"], minimum: 0}

  @doc "A name that is a workbook's."
  def workbook_id do
    %{type: "string", minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_][A-Za-z0-9_.\\-]*$", examples: [@id]}
  end

  @doc "The id of a run, or of a key."
  def id(what), do: %{type: "string", pattern: "^[0-9a-z]{1,64}$", description: "of a #{what}"}

  @doc "Entity tags, or any."
  def etags(what) do
    tag = ~S{(W/)?"[\x21\x23-\x7e]*"}
    %{type: "string", pattern: "^([*]|(#{tag}( *, *#{tag})*)?)$", description: what}
  end

  @doc "The number of a version."
  def version, do: Map.put(@version, :description, "of the source; the newest")

  @doc "One of the schemas below, by name."
  def ref(name), do: %{"$ref": "#/components/schemas/#{name}"}

  @doc "An object with these properties, all of them there, and no others."
  def object(properties, options \\ []) do
    required = Keyword.get(options, :required, Keyword.keys(properties))

    %{type: "object", properties: Map.new(properties), additionalProperties: false}
    |> put(:required, if(required != [], do: Enum.sort(required)))
    |> put(:examples, options[:example] && [options[:example]])
  end

  defp put(schema, _key, nil), do: schema
  defp put(schema, key, value), do: Map.put(schema, key, value)

  @doc "A list of what a schema says, under a name."
  def list(name, schema), do: object([{name, %{type: "array", items: schema}}])

  @doc "All that have names."
  def components do
    %{
      "Error" => object(error: ref("Problem")),
      "Problem" => problem(),
      "Workbook" => workbook(),
      "Version" => object(version: @version, etag: @etag_of, bytes: @count, at: @time),
      "Stored" => object(id: workbook_id(), version: @version, etag: @etag_of, bytes: @count, at: @time),
      "Issue" => issue(),
      "Plan" => %{
        type: "object",
        description: "worlds, components, edges, imports and exports",
        additionalProperties: true
      },
      "Summary" => object(summary()),
      "Run" => run(),
      "Step" => step(),
      "Key" => object(id: %{type: "string"}, name: %{type: "string"}, created: @time, revoked: @maybe_time),
      "NewKey" =>
        object(
          key: %{type: "string", pattern: "^wb_", description: "shown this once"},
          id: %{type: "string"},
          name: %{type: "string"}
        ),
      "Var" => var(),
      "Domain" => object(host: %{type: "string", examples: ["example.com"]}, workbook: workbook_id()),
      "Published" => object(host: %{type: ["string", "null"]}, version: @version, etag: @etag_of, pages: @count),
      "Telemetry" =>
        object(
          runs: @count,
          by_status: %{type: "object", additionalProperties: @count},
          total_ms: %{type: "number", minimum: 0},
          recent: %{type: "array", items: ref("Summary"), description: "the newest 20"}
        ),
      "RunTelemetry" => object(summary() ++ [steps: %{type: "array", items: measured()}])
    }
  end

  defp problem do
    object(
      [
        code: %{type: "string", enum: Errors.statuses() |> Map.keys() |> Enum.map(&to_string/1) |> Enum.sort()},
        message: %{type: "string"},
        retryable: %{type: "boolean"},
        field: %{type: "string", description: "what is wrong in the body, the query or the path"},
        details: %{type: "object", additionalProperties: true}
      ],
      required: [:code, :message, :retryable],
      example: %{"code" => "not_found", "message" => "there is no workbook \"sum\"", "retryable" => false}
    )
  end

  defp workbook do
    object(
      [id: workbook_id(), version: @version, etag: @etag_of, bytes: @count, at: @time] ++
        [published: %{type: ["integer", "null"], minimum: 1, description: "the version that is"}],
      example: %{"id" => @id, "version" => 1, "etag" => @etag, "bytes" => 120, "at" => @at, "published" => nil}
    )
  end

  # As the kernel has it; a run's own say less.
  defp issue do
    place = %{type: ["integer", "null"]}

    %{
      type: "object",
      properties: %{
        level: %{type: "string"},
        code: %{type: "string"},
        message: %{type: "string"},
        line: place,
        column: place,
        heading: %{type: ["string", "null"]},
        hint: %{type: ["string", "null"]}
      },
      required: [:code, :message],
      additionalProperties: true
    }
  end

  defp summary do
    [id: %{type: "string", examples: [@run]}, workbook: workbook_id(), version: @version, status: @status] ++
      [started: @time, ended: @maybe_time, ms: @ms]
  end

  defp run do
    object(
      summary() ++
        [
          steps: %{type: "array", items: ref("Step")},
          exports: %{type: "object", additionalProperties: true},
          error: %{type: ["array", "null"], items: ref("Issue")},
          html: %{type: ["string", "null"], description: "the document with its results"}
        ]
    )
  end

  defp step do
    %{
      type: "object",
      properties: %{
        component: %{type: "string"},
        lang: %{type: "string"},
        status: %{type: "string", enum: ["ok", "failed", "timeout", "cancelled", "skipped"]},
        ms: %{type: "number"},
        cached: %{type: "boolean"},
        log: %{type: "string"},
        notes: %{type: "array", items: %{type: "object", additionalProperties: true}},
        error: %{type: ["object", "null"], additionalProperties: true},
        inputs_sha: %{type: ["string", "null"]},
        outputs_sha: %{type: ["string", "null"]},
        memory_peak: %{type: ["integer", "null"]},
        fuel: %{type: ["integer", "null"]}
      },
      required: [:component, :status],
      additionalProperties: true
    }
  end

  # A step without what it said.
  defp measured do
    %{properties: properties} = step()
    shown = Map.take(properties, [:component, :lang, :status, :ms, :cached, :memory_peak, :fuel])
    object(Map.to_list(shown), required: [:component, :status])
  end

  defp var do
    object(
      [
        key: %{type: "string"},
        secret: %{type: "boolean"},
        value: %{type: "string", description: "of one that is no secret, and is text"},
        base64: %{type: "string", description: "of one that is no secret, and no text"},
        bytes: @count
      ],
      required: [:key, :secret]
    )
  end
end
