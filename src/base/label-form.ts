/** Names and values of labels: what Kubernetes allows, so that what people have fits. */
export const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9_./-]{0,126}[A-Za-z0-9])?$/;
export const LABEL_VALUE = /^[A-Za-z0-9_.:/+-]{0,128}$/;
