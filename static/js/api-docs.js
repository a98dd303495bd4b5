/* Swagger UI over the schema of this server; a signed-in browser sends its cookie, and the token that goes with it. */
const { schema, csrf } = document.getElementById("api-docs").dataset;

SwaggerUIBundle({
  url: schema,
  dom_id: "#api-docs",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
